#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/plan.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

plan plan_of(std::string_view source) {
  auto parsed = parse_workflow(source);
  for (const auto& x : parsed.problems)
    FAIL(to_text(x, "f"));
  return make_plan(*parsed.value);
}

using indices = std::vector<uint32_t>;

constexpr std::string_view diamond = R"(
workflow: diamond
steps:
  a: {expected: 2s}
  b: {depends_on: [a], expected: 5s}
  c: {depends_on: [a], approve: {by: ann, timeout: 1h}, type: x}
  d: {depends_on: [b, c]}
  e: {sleep: 3s}
)";

} // namespace

TEST_CASE("a plan has levels, a critical path and slack", "[plan]")
{
  auto x = plan_of(diamond);
  CHECK(x.levels == std::vector<indices>{{0, 4}, {1, 2}, {3}});
  CHECK(x.critical_path == indices{0, 1, 3});
  CHECK(x.makespan == 8s);
  CHECK(x.roots == indices{0, 4});
  CHECK(x.sinks == indices{4, 3});
  CHECK(x.steps[2].start == 2s);
  CHECK(x.steps[2].slack == 4s);
  CHECK(x.steps[2].estimated);
  CHECK(x.steps[3].start == 7s);
  CHECK(x.steps[3].slack == 0s);
  CHECK(x.steps[4].expected == 3s);
  CHECK_FALSE(x.steps[4].estimated);
  CHECK(x.steps[4].slack == 5s);
}

TEST_CASE("a plan names the approvals that will be asked for", "[plan]")
{
  auto x = plan_of(diamond);
  REQUIRE(x.approvals.size() == 1);
  CHECK(x.approvals[0].step == 2);
  CHECK(x.approvals[0].question.by == "ann");
}

TEST_CASE("a plan says what is stated in vain", "[plan]")
{
  CHECK(plan_of(diamond).notes.empty());
  CHECK(plan_of("workflow: w\nsteps: {a: {workflow: part}}\n").notes
        == std::vector<std::string>{
          "step `a` names workflow `part` without a version, and no node "
          "takes it; write `part@1`"});
  auto x = plan_of(R"(
workflow: w
autonomy: full
defaults: {risk: 0.3}
steps:
  a: {checkpoint: true, labels: {team: web}}
  b: {depends_on: [{step: a, strict: true}], undo: {agent: bob}}
)");
  CHECK(x.notes
        == std::vector<std::string>{
          "`autonomy` is kept with the workflow, but this version does not act "
          "on it",
          "`checkpoint` is kept with one step, but this version does not act "
          "on it",
          "`labels` is kept with one step, but this version does not act on it",
          "`risk` is kept with 2 steps, but this version does not act on it",
          "`strict` is kept with one step, but this version does not act on it",
          "`undo` is kept with one step, but this version does not act on "
          "it"});
}

TEST_CASE("a plan's JSON has names and seconds", "[plan]")
{
  auto x = nlohmann::json::parse(to_json(plan_of(diamond)));
  CHECK(x["makespan_s"] == 8);
  CHECK(x["levels"][1] == nlohmann::json{"b", "c"});
  CHECK(x["critical_path"] == nlohmann::json{"a", "b", "d"});
  CHECK(x["approvals"][0]["step"] == "c");
  CHECK(x["approvals"][0]["timeout_s"] == 3600);
  CHECK(x["approvals"][0]["on_timeout"] == "reject");
  CHECK(x["steps"][2]["slack_s"] == 4);
  CHECK(x["steps"][0]["critical"] == true);
  CHECK(x["hash"].get<std::string>().size() == 64);
}

TEST_CASE("a chain is as long as its steps", "[plan]")
{
  std::string source = "workflow: chain\nsteps:\n  s0: {}\n";
  for (int i = 1; i < 2000; ++i)
    source += "  s" + std::to_string(i) + ": {depends_on: [s"
              + std::to_string(i - 1) + "]}\n";
  auto x = plan_of(source);
  CHECK(x.makespan == 2000s);
  CHECK(x.levels.size() == 2000);
  CHECK(x.critical_path.size() == 2000);
}
