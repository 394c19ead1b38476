#include <nlohmann/json.hpp>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"

// What `status` tells of a task and a run.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

json task_named(node& n, const std::string& run, const std::string& name) {
  auto found = ask(n, "tasks", {{"run", run}, {"name", name}});
  REQUIRE(found["tasks"].size() == 1);
  return ask(n, "task", {{"task", found["tasks"][0]["task"]}});
}

/// Adds two tasks, and fails those that are to fail.
void add_planner(node& to) {
  class planner : public agent {
    outcome perform(const task& t, context&) override {
      if (t.name == "bad")
        return outcome::give_up("no");
      if (t.name != "plan")
        return outcome::done(t.input);
      return outcome::done("1").with_tasks(t.input);
    }
  };
  to.add(who("planner", "plan", 2), [] { return std::make_unique<planner>(); });
}

} // namespace

TEST_CASE("a task is shown with its attempts and its step", "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto done = n.run(R"(
workflow: w
steps:
  a: {agent: echo, description: the first}
  b: {depends_on: [a], foreach: [1, 2], agent: echo, retries: 1, input: "${item}"}
)");
  CHECK(done.state == "completed");
  auto a = task_named(n, done.run, "a");
  REQUIRE(a["attempts"].size() == 1);
  CHECK(a["attempts"][0]["agent"] == "echo");
  CHECK(a["attempts"][0].contains("ended_at"));
  CHECK(a["step"]["description"] == "the first");
  CHECK(a["max_retries"] == 3);
  CHECK(a["depends_on"].empty());
  auto item = task_named(n, done.run, "b[1]");
  CHECK(item["max_retries"] == 1);
  CHECK(item["level"] == 1);
  CHECK(item["depends_on"][0]["task"] == a["task"]);
}

TEST_CASE("a task that an agent added is shown with its own step", "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  add_planner(n);
  REQUIRE_FALSE(n.start());
  auto done = n.run(R"([{"name": "plan", "agent": "planner", "input": [
    {"name": "x", "agent": "planner"},
    {"name": "y", "agent": "planner", "depends_on": ["x"], "retries": 9}]}])");
  CHECK(done.state == "completed");
  auto y = task_named(n, done.run, "y");
  CHECK(y["max_retries"] == 9);
  CHECK(y["depends_on"][0]["task"] == task_named(n, done.run, "x")["task"]);
  CHECK(task_named(n, done.run, "plan")["level"] == 0);
}

TEST_CASE("a run says which definition it follows and what it has reached",
          "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto text = R"(
workflow: w
steps:
  a: {agent: echo, milestone: packed}
  b: {depends_on: [a], signal: go, milestone: released}
)";
  auto made = ask(n, "register", {{"workflow", text}});
  auto run = n.submit(text).run;
  ask(n, "signal", {{"run", run}, {"name", "go"}});
  REQUIRE(ends(n, run));
  auto shown = ask(n, "run", {{"run", run}});
  CHECK(shown["hash"] == made["hash"]);
  REQUIRE(shown["milestones"].size() == 2);
  CHECK(shown["milestones"][0]["name"] == "packed");
  CHECK(shown["milestones"][1]["reached"] == true);
  CHECK(shown["milestones"][1].contains("at"));
  auto waits =
    n.submit("workflow: v\nsteps: {a: {signal: go, milestone: m}}\n");
  CHECK(ask(n, "run", {{"run", waits.run}})["milestones"][0]["reached"]
        == false);
  auto plain = n.run(tasks_for("echo", 1));
  CHECK_FALSE(ask(n, "run", {{"run", plain.run}}).contains("milestones"));
}
