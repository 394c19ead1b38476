#include <catch2/catch.hpp>

#include <future>

#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"

// What can be looked up beyond runs and tasks: definitions and how they differ,
// plans and reports of runs, open questions.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

errc code_of(node& n, const std::string& op, const json& params) {
  std::string body;
  return n.ask(op, params.dump(), body).code;
}

std::string release(int version, const std::string& steps) {
  return "workflow: release\nversion: " + std::to_string(version) + "\nsteps:\n"
         + steps;
}

} // namespace

TEST_CASE("a registered workflow is shown with its versions", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  ask(n, "register", {{"workflow", release(1, "  a: {agent: echo}\n")}});
  ask(
    n, "register",
    {{"workflow",
      release(3, "  a: {agent: echo}\n  b: {agent: echo, depends_on: a}\n")}});
  auto newest = ask(n, "workflow", {{"name", "release"}});
  CHECK(newest["version"] == 3);
  CHECK(newest["definition"]["steps"].size() == 2);
  REQUIRE(newest["versions"].size() == 2);
  CHECK(newest["versions"][0]["version"] == 3);
  CHECK(newest["versions"][1]["version"] == 1);
  auto first = ask(n, "workflow", {{"name", "release"}, {"version", 1}});
  CHECK(first["hash"] == newest["versions"][1]["hash"]);
  CHECK(code_of(n, "workflow", {{"name", "release"}, {"version", 2}})
        == errc::not_found);
  CHECK(code_of(n, "workflow", {{"name", "none"}}) == errc::not_found);
  CHECK(code_of(n, "workflow", {{"name", "release"}, {"version", 0}})
        == errc::invalid);
  auto diff = ask(n, "diff", {{"name", "release"}, {"from", 1}});
  CHECK(diff["to"] == 3);
  auto added = false;
  for (const auto& x : diff["changes"])
    added = added
            || (x["op"] == "add"
                && x["path"].get<std::string>().starts_with("/steps/"));
  CHECK(added);
  auto back = ask(n, "diff", {{"name", "release"}, {"from", 3}, {"to", 1}});
  for (const auto& x : back["changes"])
    CHECK(x.contains("was"));
  CHECK(code_of(n, "diff", {{"name", "release"}}) == errc::invalid);
}

TEST_CASE("a run has a plan before and a report after it", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto run = n.run("workflow: w\nsteps:\n  a: {agent: echo, input: {x: 1}}\n"
                   "  b: {agent: echo, depends_on: a}\n")
               .run;
  auto plan = ask(n, "plan", {{"run", run}});
  CHECK(plan["order"] == json{"a", "b"});
  auto report = ask(n, "report", {{"run", run}});
  CHECK(report["state"] == "completed");
  CHECK(report["tasks"] == 2);
  CHECK(report["failures"].empty());
  REQUIRE(report["agents"].size() == 1);
  CHECK(report["agents"][0]["agent"] == "echo");
  CHECK(report["agents"][0]["tasks"] == 2);
  CHECK(report["slowest"].size() == 2);
  CHECK(report["duration"].get<std::string>().starts_with("PT"));
  auto list = n.run(tasks_for("echo", 2)).run;
  CHECK(ask(n, "plan", {{"run", list}})["steps"].size() == 2);
  CHECK(ask(n, "report", {{"run", list}})["tasks"] == 2);
}

TEST_CASE("a question is there while it is open", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  auto run = n.submit("workflow: w\nsteps: {ask: {approve: {by: boss}}}\n").run;
  auto task = core::to_string(core::id_from(run)->with(1));
  auto open = ask(n, "decision", {{"task", task}});
  CHECK(open["task"] == task);
  CHECK(open["by"] == "boss");
  ask(n, "approve", {{"task", task}});
  REQUIRE(ends(n, run));
  CHECK(code_of(n, "decision", {{"task", task}}) == errc::not_found);
}

TEST_CASE("registered workflows are listed, a page at a time", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  CHECK(ask(n, "workflows")["workflows"].empty());
  for (auto version : {1, 3})
    ask(n, "register",
        {{"workflow", release(version, "  a: {agent: echo}\n")}});
  ask(n, "register", {{"workflow", "workflow: build\nsteps: {a: {}}\n"}});
  n.submit("workflow: unnamed\nsteps: {a: {signal: go}}\n"); // Not registered.
  auto first = ask(n, "workflows", {{"limit", 1}});
  REQUIRE(first["workflows"].size() == 1);
  CHECK(first["workflows"][0]["name"] == "build");
  auto rest = ask(n, "workflows", {{"after", first["next"]}});
  REQUIRE(rest["workflows"].size() == 1);
  CHECK(rest["workflows"][0]["name"] == "release");
  CHECK(rest["workflows"][0]["version"] == 3);
  CHECK(rest["workflows"][0]["versions"] == 2);
  CHECK_FALSE(rest.contains("next"));
}

TEST_CASE("what was done stands in the audit, newest first", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  auto one =
    n.submit("workflow: one\nsteps: {a: {signal: go}, b: {signal: on}}\n").run;
  auto two = n.submit("workflow: two\nsteps: {a: {signal: go}}\n").run;
  ask(n, "pause", {{"run", two}});
  ask(n, "signal", {{"run", one}, {"name", "go"}});
  ask(n, "cancel", {{"run", one}, {"reason", "late: by all means"}});
  auto all = ask(n, "audit")["entries"];
  REQUIRE(all.size() == 5);
  CHECK(all[0]["action"] == "cancel");
  CHECK(all[0]["run"] == one);
  CHECK(all[0]["detail"] == "late: by all means");
  CHECK(all[1]["action"] == "signal");
  CHECK(all[1]["name"] == "go");
  CHECK(all[2]["action"] == "pause");
  CHECK(all[2]["run"] == two);
  for (auto i : {3, 4})
    CHECK(all[i]["action"] == "submit");
  CHECK(all[3]["name"] == "two");
  for (const auto& x : all) {
    CHECK(x["door"] == "embedded");
    CHECK(x["actor"] == all[0]["actor"]);
  }
  auto paged = json::array();
  for (json next = "";;) {
    auto page = ask(n, "audit", {{"limit", 2}, {"after", next}});
    for (const auto& x : page["entries"])
      paged.push_back(x);
    if (!page.contains("next"))
      break;
    next = page["next"];
  }
  CHECK(paged == all);
  CHECK(ask(n, "audit", {{"action", "submit"}})["entries"].size() == 2);
  CHECK(ask(n, "audit", {{"actor", "nobody"}})["entries"].empty());
  CHECK(code_of(n, "audit", {{"after", "nonsense"}}) == errc::invalid);
  auto checked = ask(n, "audit_check");
  CHECK(checked["intact"] == true);
}

TEST_CASE("each task of a list is told where it is, and when it may begin",
          "[runtime]")
{
  witness w;
  node n{quiet()};
  add_slow(n, w, std::chrono::milliseconds{20}, 1);
  REQUIRE_FALSE(n.start());
  auto slow = [](json more = json::object()) {
    json task{{"agent", {{"capabilities", {"slow"}}}}};
    task.update(more);
    return task;
  };
  // What they took is known from here on.
  n.run(json::array({slow(), slow()}).dump());
  auto one = ask(n, "submit", {{"tasks", json::array({slow()})}});
  CHECK(one["status"] == "queued");
  CHECK(one["task_id"] == one["tasks"][0]["task_id"]);
  CHECK_FALSE(one.contains("queue_position"));
  CHECK(ask(n, "task", {{"task", one["task_id"]}})["run"] == one["run"]);
  auto list = json::array({slow({{"name", "a"}}),
                           slow({{"name", "b"}, {"depends_on", "a"}}),
                           slow({{"name", "c"}, {"approve", true}})});
  auto two = ask(n, "submit", {{"tasks", json::array({list[0], list[1]})}});
  CHECK(two["tasks"][0]["status"] == "queued");
  CHECK(two["tasks"][1]["status"] == "waiting");
  auto three = ask(n, "submit", {{"tasks", list}, {"estimate", true}});
  CHECK_FALSE(three.contains("task_id"));
  REQUIRE(three["tasks"].size() == 3);
  CHECK(three["tasks"][1]["status"] == "waiting");
  CHECK(three["tasks"][2]["status"] == "awaiting_approval");
  CHECK_FALSE(three["tasks"][2].contains("queue_position"));
  for (const auto& x : three["tasks"])
    CHECK(x["estimated_duration"].get<std::string>().starts_with("PT0.0"));
}

TEST_CASE("of what never went well no time is told", "[runtime]")
{
  class never : public reactive_agent {
    void perform(const task&, reply done) override {
      done(outcome::failed("no", category::business));
    }
  };
  node n{quiet()};
  n.add(who("never", "never", 1), [] { return std::make_unique<never>(); });
  REQUIRE_FALSE(n.start());
  n.run(tasks_for("never", 1));
  auto made =
    ask(n, "submit",
        {{"tasks", json::parse(tasks_for("never", 1))}, {"estimate", true}});
  CHECK(made["status"] == "queued");
  CHECK_FALSE(made.contains("estimated_start"));
  CHECK_FALSE(made.contains("estimated_duration"));
}

TEST_CASE("a task behind others is told how many go first", "[runtime]")
{
  witness w; // The node's agent tells it until the end.
  node n{quiet()};
  add_slow(n, w, std::chrono::milliseconds{10}, 1);
  REQUIRE_FALSE(n.start());
  n.run(tasks_for("slow", 2));
  // Longer than the test: the agent has one for all the time that it takes.
  auto behind = json::parse(tasks_for("slow", 500));
  ask(n, "submit", {{"tasks", behind}});
  auto last =
    ask(n, "submit",
        {{"tasks", json::parse(tasks_for("slow", 1))}, {"estimate", true}});
  REQUIRE(last.contains("queue_position"));
  CHECK(last["queue_position"] > 0);
  REQUIRE(last.contains("estimated_start"));
  auto start = core::from_rfc3339(last["estimated_start"].get<std::string>());
  auto run = ask(n, "run", {{"run", last["run"]}});
  CHECK(*start > *core::from_rfc3339(run["created_at"].get<std::string>()));
}

TEST_CASE("a priority is a number or a word", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  auto made = [&](const json& priority) {
    auto run = ask(n, "submit",
                   {{"workflow", "workflow: w\nsteps: {a: {signal: go}}\n"},
                    {"priority", priority}})["run"];
    return ask(n, "run", {{"run", run}})["priority"].get<int>();
  };
  CHECK(made("low") == 3);
  CHECK(made("urgent") == 10);
  CHECK(made(7) == 7);
  for (json wrong : {json(11), json("Urgent"), json(0), json(true)})
    CHECK(code_of(n, "submit",
                  {{"workflow", "workflow: w\nsteps: {a: {signal: go}}\n"},
                   {"priority", wrong}})
          == errc::invalid);
}

TEST_CASE("a request that names a workflow becomes a run of it", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  ask(n, "register",
      {{"workflow", "workflow: release\nlabels: {team: web}\ninput: {tag: "
                    "string}\nsteps:\n  ask: {approve: {by: boss}}\n"}});
  ask(n, "register",
      {{"workflow", "workflow: build\nsteps: {a: {signal: "
                    "go}}\n"}});
  auto made = ask(n, "request",
                  {{"description", "Please run release for v1."},
                   {"context", {{"input", {{"tag", "v1"}}}}},
                   {"priority", "high"},
                   {"session_id", "s-1"}});
  CHECK(made["request_id"] == made["run"]);
  CHECK(made["requires_approval"] == true);
  CHECK(made["initial_plan"]["workflow"] == "release");
  auto run = ask(n, "run", {{"run", made["run"]}});
  CHECK(run["input"]["tag"] == "v1");
  CHECK(run["priority"] == 8);
  CHECK(run["labels"]["team"] == "web");
  CHECK(run["labels"]["session_id"] == "s-1");
  auto now = ask(n, "request_status", {{"request", made["request_id"]}});
  CHECK(now["initial_plan"] == made["initial_plan"]);
  CHECK(now["session_id"] == "s-1");
  auto task =
    ask(n, "request",
        {{"context", {{"task", {{"agent", "echo"}}}}}, {"session_id", "s-1"}});
  CHECK(task["requires_approval"] == false);
  ask(n, "request", {{"description", "build"}, {"session_id", "s-2"}});
  auto state = ask(n, "state", {{"session_id", "s-1"}});
  REQUIRE(state["runs"].size() == 2);
  CHECK(state["runs"][0]["run"] == task["run"]);
  CHECK(state["tasks"].size() == 2);
  REQUIRE(state["decisions"].size() == 1);
  CHECK(state["decisions"][0]["by"] == "boss");
  CHECK(ask(n, "state", {{"session_id", "none"}})["runs"].empty());
  auto other = n.submit("workflow: w\nsteps: {a: {signal: go}}\n").run;
  CHECK(code_of(n, "request_status", {{"request", other}}) == errc::not_found);
}

TEST_CASE("a request that only a planner could understand is refused",
          "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  for (auto name : {"release", "build"})
    ask(n, "register",
        {{"workflow",
          "workflow: " + std::string{name} + "\nsteps: {a: {signal: go}}\n"}});
  const json wrong[] = {
    json::object(),
    {{"description", "make the site nicer"}},
    {{"description", "build and release"}}, // Which one?
    {{"description", "rebuild"}},
    {{"description", "build"}, {"constraints", {{"cost", 3}}}},
    {{"description", "build"}, {"preferences", {{"fast", true}}}},
    {{"description", "build"}, {"context", {{"repository", "x"}}}},
    {{"context", {{"workflow", "build"}, {"tasks", json::array()}}}},
    {{"description", "build"}, {"session_id", std::string(200, 's')}},
  };
  for (const auto& x : wrong) {
    INFO(x);
    CHECK(code_of(n, "request", x) == errc::invalid);
  }
  CHECK(ask(n, "runs")["runs"].empty());
}
