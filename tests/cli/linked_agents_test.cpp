#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/http_node.hpp"

// Agents that are one process for many tasks, written with the SDKs, and a real
// node around them.

using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr auto python_agent = R"(
from troupe_agent import Failed, NotNow, WithTasks, run
import os, threading

def work(task):
    what = task.input["do"]
    print("printing is no harm")
    if what == "permanent":
        raise Failed("never", "permanent")
    if what == "later":
        if task.attempt == 1:
            raise NotNow(0.01)
        return "now"
    if what == "add":
        return WithTasks(1, [{"name": "more", "agent": "echo"}])
    if what == "hang":
        task.wait(1000)
        raise Failed("was asked to stop")
    if what == "too much":
        return "x" * 10_000_000
    return [os.getpid(), task.name]

run(work, capabilities=["snake"])
)";

constexpr auto node_agent = R"(
import { Failed, NotNow, WithTasks, run } from "@/troupe_agent.mjs";

run(async (task) => {
  const what = task.input.do;
  console.log("printing is no harm");
  if (what === "permanent") throw new Failed("never", "permanent");
  if (what === "later") {
    if (task.attempt === 1) throw new NotNow(10);
    return "now";
  }
  if (what === "add")
    return new WithTasks(1, [{ name: "more", agent: "echo" }]);
  if (what === "hang")
    await new Promise((_, stop) =>
      task.signal.addEventListener("abort", () => stop(new Error("stopped"))));
  if (what === "too much") return "x".repeat(10_000_000);
  return [process.pid, task.name];
}, { capabilities: ["snake"] });
)";

/// A node with one agent of that language, of the name `bob`.
struct node_with_bob : private scratch_directory, public http_node {
  explicit node_with_bob(const std::string& language)
    : http_node{path("data"), {"--config", path("node.yaml")}} {
    std::string root = TROUPE_ROOT;
    auto python = language == "python";
    auto script = path(python ? "agent.py" : "agent.mjs");
    std::string text = python ? python_agent : node_agent;
    if (!python)
      text.replace(text.find('@'), 1, root + "/sdk/typescript");
    write_file(script, text);
    write_file(
      path("node.yaml"),
      "node: {cancel_grace: 10s}\nagents:\n  echo: {kind: echo}\n"
      "  bob: {kind: process, protocol: jsonrpc, max_load: 8, command: "
        + std::string{python ? "python3" : "node"} + ", args: [" + script
        + "], env: {PYTHONPATH: " + root + "/sdk/python}}\n");
    start();
  }

  std::string submit_deeds(const std::vector<std::string>& deeds) {
    auto tasks = json::array();
    for (const auto& x : deeds)
      tasks.push_back({{"agent", {{"capabilities", {"snake"}}}},
                       {"retries", 0},
                       {"input", {{"do", x}}}});
    return submit(tasks);
  }
};

} // namespace

TEST_CASE("an agent of either SDK works, fails and snoozes as it says",
          "[examples]")
{
  node_with_bob node{GENERATE(as<std::string>{}, "python", "node")};
  auto many = node.tasks_at_end(
    node.submit_deeds({"work", "work", "work", "work", "later", "add"}));
  INFO(many.dump());
  REQUIRE(many.size() == 7);
  auto detail = [&node](const json& x) {
    return node.ask("tasks/" + x.at("task").get<std::string>());
  };
  // All in one process.
  std::set<int> processes;
  for (int i = 0; i < 4; ++i)
    processes.insert(detail(many[i]).at("output").at(0).get<int>());
  CHECK(processes.size() == 1);
  CHECK(detail(many[4]).at("output") == "now");
  for (const auto& x : many)
    CHECK(x.at("state") == "completed");
  auto bad = node.tasks_at_end(node.submit_deeds({"permanent", "too much"}));
  auto never = detail(bad.at(0));
  INFO(never.dump());
  CHECK(never.at("state") == "failed");
  CHECK(never.at("error").at("message") == "never");
  CHECK(never.at("error").at("category") == "business");
  CHECK_THAT(detail(bad.at(1)).at("error").at("message").get<std::string>(),
             Catch::Contains("write large results to a file"));
}

TEST_CASE("a cancelled task of an SDK's agent ends, and its process goes on",
          "[examples]")
{
  node_with_bob node{GENERATE(as<std::string>{}, "python", "node")};
  auto before = node.tasks_at_end(node.submit_deeds({"work"}));
  auto pid_of = [&node](const json& tasks) {
    auto id = tasks.at(0).at("task").get<std::string>();
    return node.ask("tasks/" + id).at("output").at(0).get<int>();
  };
  auto hanging = node.submit_deeds({"hang"});
  while (node.ask("tasks?run=" + hanging)["tasks"][0]["state"] != "in_progress")
    ;
  node.ask("POST", "runs/" + hanging + "/cancel", "{}");
  CHECK(node.tasks_at_end(hanging).at(0).at("state") == "cancelled");
  CHECK(pid_of(node.tasks_at_end(node.submit_deeds({"work"})))
        == pid_of(before));
}

TEST_CASE("the long-lived agents of the examples work together", "[examples]")
{
  scratch_directory where;
  auto x = run_troupe({"run", "examples/workflows/long-lived.yaml", "--config",
                       "configs/agents.yaml", "--data", where.path("data")});
  INFO(x.out << x.err);
  REQUIRE(x.code == 0);
  // The run is kept: a node on the same data tells what came out.
  real_program node{{"node", "--data", where.path("data"), "--listen", "off"}};
  REQUIRE(node.line().find("ready") != std::string::npos);
  auto answer = run_troupe({"status", "@latest/shouted", "--json", "--node",
                            "unix:" + where.path("data/troupe.sock")});
  INFO(answer.out << answer.err);
  CHECK(json::parse(answer.out).value("output", "") == "QUESTION");
}
