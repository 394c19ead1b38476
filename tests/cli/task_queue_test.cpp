#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/http_node.hpp"

// A real node and a program of the contract: nothing but HTTP, and SQL on
// the store.

using namespace troupe::test;
using nlohmann::json;

namespace {

const std::string config = R"(
node: {threads: 2}
agents:
  content-generator: &answers
    {kind: process, command: sh, args: ['-c', 'cat; sleep 0'], max_load: 2}
  email-agent: *answers
task_queue:
  {quiet: off, email: off, retries: off, sweep: off, cron: off}
)";

const std::string workspace = "0190a1b2-0000-7000-8000-0000000000ff";
const std::string strategy = "0190a1b2-0000-7000-8000-00000000000a";

json body_of(const http_said& x, int status) {
  INFO(x.head << x.body);
  CHECK(x.status == status);
  return json::parse(x.body);
}

/// The error's code, in the form of the contract.
std::string code_of(const http_said& x, int status) {
  auto body = body_of(x, status);
  CHECK(body["success"] == false);
  CHECK(body["error"].contains("details"));
  return body["error"]["code"];
}

/// What another program reads in the store, as the sqlite3 shell shows it.
std::string sql(const scratch_directory& where, const std::string& text) {
  return output_of("python3 -c 'import sqlite3, sys\n"
                   "db = sqlite3.connect(\"file:\" + sys.argv[1] + "
                   "\"?mode=ro\", uri=True)\n"
                   "for row in db.execute(sys.argv[2]): print(*row, sep=\"|\")'"
                   " "
                   + where.path("data/troupe.db") + " \"" + text + "\"");
}

} // namespace

TEST_CASE("a program of the contract works a strategy over HTTP, across a kill",
          "[queue]")
{
  scratch_directory where;
  write_file(where.path("node.yaml"), config);
  http_node node{where.path("data"), {"--config", where.path("node.yaml")}};
  node.start();
  auto post = [&](const std::string& path, const json& body,
                  const std::string& headers = {}) {
    return node.say("POST", path, body.dump(),
                    "Content-Type: application/json\r\n" + headers);
  };
  json sent{
    {"id", strategy},
    {"workspace_id", workspace},
    {"campaign_calendar",
     {{"phases",
       {{{"phase_name", "Phase 1"},
         {"key_activities", {"Publish 12 blog posts"}}},
        {{"phase_name", "Phase 2"}, {"key_activities", {"Drip emails"}}}}}}}};
  body_of(post("strategies", sent), 201);

  json of{{"workspace_id", workspace}, {"strategy_id", strategy}};
  auto made = body_of(post("/api/tasks/decompose", of), 201);
  CHECK(made["tasks_created"] == 2);
  auto first = made["tasks"][0]["id"].get<std::string>();

  json here{{"workspace_id", workspace}};
  auto pass = body_of(post("/api/tasks/execute", here), 200);
  CHECK(pass["tasks_executed"] == 1);
  node.kill(); // What waits goes on waiting.
  node.start();
  auto later = post("/api/tasks/execute", here, "Prefer: respond-async\r\n");
  CHECK(body_of(later, 202)["success"] == true);
  CHECK(later.head.find("Preference-Applied: respond-async")
        != std::string::npos);
  auto status = [&] {
    return body_of(
      node.say("GET", "/api/tasks/status?workspace_id=" + workspace), 200);
  };
  while (status()["summary"]["completed"] != 2)
    post("/api/tasks/execute", here);

  // Nobody logs in: a task is found without its workspace.
  auto cancel = "/api/tasks/" + first + "/cancel";
  CHECK(code_of(post(cancel, json::object()), 409) == "INVALID_STATE");
  CHECK(code_of(post("/api/tasks/" + first + "/retry", json::object()), 409)
        == "INVALID_STATE");
  CHECK(code_of(post("/api/tasks/" + strategy + "/cancel", json::object()), 404)
        == "TASK_003");
  of["strategy_id"] = workspace;
  CHECK(code_of(post("/api/tasks/decompose", of), 404) == "TASK_001");
  CHECK(code_of(post("/api/tasks/execute", {{"nonsense", 1}}), 422)
        == "INVALID");

  auto rows = sql(where, "SELECT task_type, status, priority FROM "
                         "autonomous_tasks ORDER BY id");
  CHECK(rows == "content|completed|8\nemail|completed|7\n");
  auto audit = sql(where, "SELECT count(*), min(status) FROM audit_logs WHERE "
                          "org_id='"
                            + workspace + "'");
  CHECK(audit == "2|completed\n");
}
