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
