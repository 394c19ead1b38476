#include <catch2/catch.hpp>

#include <future>
#include <map>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"
#include "store/sqlite_store.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("every command to a run that has ended is answered", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto run = n.run(tasks_for("echo", 1)).run;
  std::string ignored;
  // The run is read, looks at its end and is dropped again, while the next
  // command is on its way to it.
  for (int i = 0; i < 100; ++i)
    for (auto what : {"cancel", "pause", "signal", "retry"}) {
      auto asked = std::make_shared<std::promise<errc>>();
      auto answered = asked->get_future();
      core::api_request request;
      request.op = what;
      json params{{"run", run}};
      if (what == std::string{"signal"})
        params["name"] = "go";
      request.params = core::text{params.dump()};
      n.api()->call(request, [asked](const core::api_answer& x) {
        asked->set_value(x.error.code);
      });
      INFO(what << ", round " << i);
      REQUIRE(answered.wait_for(20s) == std::future_status::ready);
      REQUIRE(answered.get() == errc::invalid_state);
    }
}

TEST_CASE("a workspace sees and changes its own runs only", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto waits = n.submit(R"(
workflow: w
steps: {a: {approve: {timeout: 1h}}}
)");
  auto ended = n.run(tasks_for("echo", 1));
  auto as_other = [&n](const char* what, const json& params) {
    std::promise<errc> answered;
    core::api_request request;
    request.op = what;
    request.workspace = "other";
    request.params = core::text{params.dump()};
    n.api()->call(request, [&answered](const core::api_answer& x) {
      answered.set_value(x.error.code);
    });
    return answered.get_future().get();
  };
  auto task = core::id_from(waits.run)->with(1);
  for (const auto& run : {waits.run, ended.run})
    for (auto what :
         {"run", "why", "cancel", "pause", "resume", "retry", "signal"}) {
      INFO(what);
      json params{{"run", run}};
      if (what == std::string{"signal"})
        params["name"] = "go";
      CHECK(as_other(what, params) == errc::not_found);
    }
  for (auto what : {"task", "why", "approve", "reject", "cancel", "retry"}) {
    INFO(what);
    CHECK(as_other(what, {{"task", core::to_string(task)}}) == errc::not_found);
  }
  CHECK(ask(n, "run", {{"run", waits.run}})["state"] == "queued");
  CHECK(ask(n, "approvals")["decisions"].size() == 1);
}

TEST_CASE("the tree and the agents can be asked for", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto tree = ask(n, "tree");
  CHECK(tree["name"] == "node");
  std::vector<std::string> names;
  for (const auto& child : tree["children"])
    names.push_back(child["name"]);
  for (auto name : {"storage", "agents", "coordinator", "desk", "readers"})
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  auto agents = ask(n, "agents");
  CHECK(agents["agents"][0]["name"] == "echo");
  CHECK(agents["agents"][0]["max_load"] == 100);
  CHECK(ask(n, "status")["ready"] == true);
}

TEST_CASE("a list says what it cannot list", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto refusal = [&n](const char* what, const json& params) {
    std::string body;
    return n.ask(what, params.dump(), body).code;
  };
  for (auto what : {"runs", "tasks"}) {
    CHECK(refusal(what, {{"limit", 0}}) == errc::invalid);
    CHECK(refusal(what, {{"limit", 1001}}) == errc::invalid);
  }
  auto stranger =
    core::to_string(core::id::make(core::from_us(1'800'000'000'000'000), 1, 1));
  CHECK(refusal("tasks", {{"run", stranger}}) == errc::not_found);
  CHECK(refusal("history", {{"run", stranger}}) == errc::not_found);
  CHECK(refusal("tree", {{"depth", "x"}}) == errc::invalid);
  auto tree = ask(n, "tree", {{"depth", 1}});
  REQUIRE(!tree["children"].empty());
  for (const auto& x : tree["children"])
    CHECK(x["children"].empty());
  CHECK(ask(n, "tree", {{"depth", 0}})["children"].empty());
}

TEST_CASE("a backup goes over nothing that exists and not into the store",
          "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  std::string body;
  auto code = [&](const std::string& path) {
    return n.ask("backup", json{{"path", path}}.dump(), body).code;
  };
  CHECK(code(dir / "data/troupe.db-wal") == errc::invalid);
  CHECK(code(dir / "data/lock") == errc::invalid);
  CHECK(code(dir / "data/new.db") == errc::invalid);
  CHECK(code(dir / "nowhere/copy.db") == errc::invalid);
  CHECK(code(dir / "copy.db") == errc::none);
  CHECK(code(dir / "copy.db") == errc::invalid);
}

TEST_CASE("a workflow that runs itself comes to an end", "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  std::string body;
  json self{{"workflow",
             "workflow: self\nversion: 1\nsteps:\n  a: {workflow: self@1}\n"}};
  REQUIRE_FALSE(n.ask("register", self.dump(), body));
  auto done =
    n.run(R"({"workflow":"outer","steps":{"a":{"workflow":"self@1"}}})");
  CHECK(done.state == "failed");
  CHECK(ask(n, "run", {{"run", done.run}})["error"]["message"]
        == "step `a` failed: `self@1` would be nested more than 32 deep "
           "(sub_run_depth_max); does a workflow run itself?");
}

TEST_CASE("a backup says how large it is, and is no directory", "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  auto made = ask(n, "backup", {{"path", dir / "copy.db"}});
  CHECK(made["size_bytes"] > 0);
  std::string body;
  CHECK(n.ask("backup", json{{"path", dir / "data"}}.dump(), body).code
        == errc::invalid);
}

TEST_CASE("a node shows its monitors and what it uses", "[runtime]")
{
  directory dir;
  witness w;
  node n{quiet(dir / "data")};
  add_slow(n, w, 1h, 3);
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(tasks_for("slow", 5)).run;
  while (w.tasks() < 3)
    std::this_thread::yield();
  auto status = ask(n, "status");
  CHECK(status["running"] == 3);
  const auto& used = status["resources"];
  for (auto name : {"rss_bytes", "disk_free_bytes", "disk_total_bytes",
                    "open_files", "open_files_max"}) {
    INFO(name);
    CHECK(used[name] > 0);
  }
  std::map<std::string, json> branches;
  auto tree = ask(n, "tree");
  for (const auto& x : tree["children"])
    branches[x["name"]] = x["children"];
  CHECK(branches.count("clock") == 1);
  REQUIRE(branches["monitors"].size() == 3);
  CHECK(branches["monitors"][0]["name"] == "progress");
  CHECK(branches["monitors"][1]["name"] == "resources");
  CHECK(branches["monitors"][2]["name"] == "task_queue");
}

TEST_CASE("a run in progress says how long it still takes", "[runtime]")
{
  // The first task is done at once, the second sleeps: what the third takes is
  // known from the first.
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  REQUIRE(n.run(R"(
workflow: before
steps: {a: {type: build, agent: {capabilities: [echo]}}}
)")
            .state
          == "completed");
  auto waits = n.submit(R"(
workflow: w
steps:
  a: {type: build, agent: {capabilities: [echo]}}
  b: {depends_on: [a], sleep: 1h}
  c: {type: build, depends_on: [b], agent: {capabilities: [echo]}}
)")
                 .run;
  auto task = core::to_string(core::id_from(waits)->with(2));
  while (ask(n, "task", {{"task", task}})["state"] != "in_progress")
    std::this_thread::yield();
  auto row = ask(n, "run", {{"run", waits}});
  REQUIRE(row.contains("eta"));
  CHECK(row["eta"]["seconds"] > 3000);
  CHECK(row["percent"] == 33.3);
  CHECK(row["eta"]["low"] <= row["eta"]["high"]);
  CHECK_FALSE(n.cancel(waits, ""));
  REQUIRE(ends(n, waits));
  CHECK_FALSE(ask(n, "run", {{"run", waits}}).contains("eta"));
}

TEST_CASE("answers about a run of many tasks are bounded", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(tasks_for("nobody", 5000)).run;
  auto size = [&n](const char* what, const json& params) {
    return ask(n, what, params).dump().size();
  };
  CHECK(size("run", {{"run", run}}) < 2000);
  CHECK(size("status", json::object()) < 2000);
  CHECK(size("why", {{"run", run}}) < 20'000);
  CHECK(size("tree", json::object()) < 200'000);
  auto page = ask(n, "tasks", {{"run", run}, {"limit", 50}});
  CHECK(page["tasks"].size() == 50);
  CHECK(page.contains("next"));
  auto found =
    ask(n, "tasks", {{"run", run}, {"name", "task_4999"}, {"limit", 1}});
  REQUIRE(found["tasks"].size() == 1);
  CHECK(found["tasks"][0]["name"] == "task_4999");
  CHECK(ask(n, "tasks", {{"run", run}, {"name", "none"}})["tasks"].empty());
}

TEST_CASE("why asks the coordinator for the queued tasks of a run, too",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(tasks_for("nobody", 3)).run;
  auto why = ask(n, "why", {{"run", run}});
  REQUIRE(why["tasks"].size() == 3);
  for (const auto& x : why["tasks"]) {
    INFO(x.dump());
    REQUIRE(x["waits_for"].size() == 1);
    CHECK(x["waits_for"][0]["what"] == "no_agent");
  }
}

TEST_CASE("a plan refuses sub-workflows that a submission would refuse",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto refusal = [&n](const char* what, const std::string& part) {
    std::string body;
    auto source = "workflow: whole\nsteps: {a: {workflow: " + part + "}}\n";
    return n.ask(what, json{{"workflow", source}}.dump(), body).message;
  };
  for (auto part : {"part", "part@1"}) {
    INFO(part);
    auto why = refusal("submit", part);
    CHECK_FALSE(why.empty());
    CHECK(refusal("plan", part) == why);
  }
  CHECK(refusal("register", "part").find("without a version")
        != std::string::npos);
  // Parts may come later: only then can two of them use each other.
  auto early = ask(n, "register",
                   {{"workflow", "workflow: whole\nsteps: {a: {workflow: "
                                 "part@1}}\n"}});
  REQUIRE(early["notes"].size() == 1);
  CHECK(early["notes"][0].get<std::string>().find("`part@1`")
        != std::string::npos);
  ask(n, "register", {{"workflow", "workflow: part\nsteps: {a: {type: t}}\n"}});
  CHECK(refusal("plan", "part@1").empty());
}

TEST_CASE("a submission says what this version does not act on", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto notes = [&n](const std::string& step) {
    auto source = "workflow: w\nsteps: {a: " + step + "}\n";
    return ask(n, "submit", {{"workflow", source}}).value("notes", json{});
  };
  CHECK(notes("{agent: {capabilities: [echo]}}").is_null());
  auto told = notes("{agent: {capabilities: [echo]}, healing: [retry_flaky], "
                    "undo: {type: t}, risk: {impact: 5}}");
  CHECK(told.size() == 3);
}

TEST_CASE("a list leaves out large outputs, their own page has them",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  const std::string large(2u << 20, 'x');
  auto tasks = json::array();
  for (int i = 0; i < 3; ++i)
    tasks.push_back({{"agent", {{"capabilities", {"echo"}}}},
                     {"input", i == 0 ? json("small") : json(large)}});
  auto run = n.run(tasks.dump()).run;
  submit_options how;
  how.input = json{{"x", large}}.dump();
  n.run(R"(
workflow: w
input: {x: {type: string}}
steps: {a: {agent: {capabilities: [echo]}, input: "${run.input.x}"}}
)",
        how);
  auto runs = ask(n, "runs");
  CHECK(runs.dump().size() < 2000);
  CHECK(runs["runs"][0]["input_bytes"] > large.size());
  CHECK(runs["runs"][0]["output_bytes"] > large.size());
  CHECK_FALSE(runs["runs"][0].contains("output"));
  auto list = ask(n, "tasks", {{"run", run}, {"limit", 3}});
  CHECK(list.dump().size() < 5000);
  CHECK_FALSE(list.contains("next"));
  CHECK(list["tasks"][0]["output"] == "small");
  CHECK(list["tasks"][1]["output_bytes"] == large.size() + 2);
  auto task = list["tasks"][1]["task"].get<std::string>();
  CHECK(ask(n, "task", {{"task", task}})["output"] == large);
}

TEST_CASE("large outputs are read back, by lists, by readers and by a restart",
          "[runtime]")
{
  class talker : public reactive_agent {
    void perform(const task&, reply done) override {
      done(outcome::done('"' + std::string(100'000, 'x') + '"'));
    }
  };
  directory dir;
  auto opts = quiet(dir / "data");
  std::string run;
  {
    node n{opts};
    n.add(who("talker", "talk", 10), [] { return std::make_unique<talker>(); });
    REQUIRE_FALSE(n.start());
    run = n.submit("workflow: w\nsteps:\n"
                   "  a: {agent: {capabilities: [talk]}}\n"
                   "  b: {depends_on: [a], signal: go}\n")
            .run;
    while (ask(n, "run", {{"run", run}})["counts"].value("completed", 0) < 1)
      std::this_thread::yield();
    CHECK(ask(n, "tasks", {{"run", run}})["tasks"].size() == 2);
  }
  node n{opts};
  n.add(who("talker", "talk", 10), [] { return std::make_unique<talker>(); });
  REQUIRE_FALSE(n.start());
  ask(n, "signal", {{"run", run}, {"name", "go"}});
  REQUIRE(ends(n, run));
  auto task = core::to_string(core::id_from(run)->with(1));
  auto output = ask(n, "task", {{"task", task}})["output"];
  CHECK(output.get<std::string>().size() == 100'000);
  store::sqlite_options at;
  at.directory = dir / "data";
  CHECK(store::make_sqlite_store(at)->reader()->check(true)->empty());
}
