#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// A process that adds tasks to its run, with a node around it.

using namespace troupe::test;
using nlohmann::json;

namespace {

constexpr auto settings = R"(
agents:
  echo: {kind: echo}
  planner:
    kind: process
    command: /bin/sh
    args: [-c, "cat > /dev/null; cat \"$PLAN\""]
    env: {PLAN: "@/plan.json"}
    answers: envelope
  plain:
    kind: process
    command: /bin/sh
    args: [-c, "cat > /dev/null; cat \"$PLAN\""]
    env: {PLAN: "@/plan.json"}
  broken: {kind: process, command: "false"}
)";

constexpr auto workflow = R"(
workflow: planned
steps:
  plan: {agent: AGENT}
  after: {depends_on: [plan], agent: echo, input: "${steps.plan.output}"}
)";

std::string replaced(std::string text, const std::string& what,
                     const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos;
       at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

/// Runs the workflow to its end with that agent, which answers with `plan`.
ran run_planned(const scratch_directory& where, const std::string& agent,
                const std::string& plan) {
  write_file(where.path("plan.json"), plan);
  write_file(where.path("node.yaml"), replaced(settings, "@", where.path()));
  write_file(where.path("w.yaml"), replaced(workflow, "AGENT", agent));
  return run_troupe({"run", where.path("w.yaml"), "--config",
                     where.path("node.yaml"), "--data", where.path("data")});
}

bool says(const ran& x, const std::string& text) {
  return x.out.find(text) != std::string::npos
         || x.err.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("a process adds tasks to its run by an envelope", "[examples]")
{
  scratch_directory where;
  auto x = run_planned(where, "planner", R"({"output": {"n": 7}, "tasks": [
    {"name": "first", "agent": "echo", "input": "one"},
    {"name": "second", "agent": "echo", "depends_on": ["first"],
     "input": "${steps.first.output}"}]})");
  INFO(x.out << x.err);
  CHECK(x.code == 0);
  CHECK(says(x, "second completed"));
}

TEST_CASE("a task that a process added and that fails fails the run",
          "[examples]")
{
  scratch_directory where;
  auto x = run_planned(where, "planner", R"({"tasks": [
    {"name": "first", "agent": "broken", "retries": 0}]})");
  INFO(x.out << x.err);
  CHECK(x.code == 6);
  CHECK(says(x, "step `first` failed"));
  CHECK(says(x, "skipped"));
}

TEST_CASE("without the envelope's word nothing is added", "[examples]")
{
  scratch_directory where;
  auto x = run_planned(where, "plain", R"({"tasks": [
    {"name": "first", "agent": "broken", "retries": 0}]})");
  INFO(x.out << x.err);
  CHECK(x.code == 0);
  CHECK_FALSE(says(x, "\"first\""));
}
