#include "core/step_shown.hpp"

#include <nlohmann/json.hpp>

#include "core/workflow_cast.hpp"

using namespace troupe::core;
using nlohmann::json;

namespace {

const id first = id::make(from_us(1'800'000'000'000'000), 7, 1).with(1);

workflow_ptr release() {
  return good(R"(
workflow: release
steps:
  last: {depends_on: [b, {step: a, on: always}], milestone: released}
  b: {depends_on: [a], input: {x: 1}, timeout: 5m, retries: 7, type: build}
  a: {agent: {capabilities: [cpp]}, milestone: begun}
  nap: {sleep: 1s}
)");
}

json shown(uint32_t step) {
  return step_shown(release()->source.view(), step, first);
}

task_row begun_at(instant at, uint32_t attempt) {
  task_row row;
  row.key = first;
  row.state = task_state::in_progress;
  row.attempt = attempt;
  row.agent = "ann";
  row.started_at = at;
  return row;
}

attempt_row failed_at(instant at, uint32_t attempt) {
  attempt_row row;
  row.attempt = attempt;
  row.ended_at = at;
  row.error = {troupe::errc::agent_failed, {}, "no"};
  return row;
}

} // namespace

TEST_CASE("a step is shown with what it says and what it waits for", "[core]")
{
  auto b = shown(1);
  CHECK(b["kind"] == "work");
  CHECK(b["max_retries"] == 7);
  CHECK(b["level"] == 1);
  CHECK(b["step"] == json{{"timeout", "5m"}, {"type", "build"}});
  auto last = shown(0);
  CHECK(last["level"] == 2);
  CHECK(last["max_retries"] == 3);
  CHECK(last["depends_on"]
        == json::parse(R"([{"step":"b","on":"success","task":")"
                       + to_string(first.with(2))
                       + R"("},{"step":"a","on":"always","task":")"
                       + to_string(first.with(3)) + "\"}]"));
  CHECK(shown(2)["level"] == 0);
  CHECK(shown(3)["kind"] == "sleep");
  CHECK_FALSE(shown(3).contains("max_retries"));
  CHECK(shown(4).is_null());
  CHECK(step_shown("no JSON", 0, first).is_null());
}

TEST_CASE("a long chain of steps is shown without a deep stack", "[core]")
{
  std::string source = "workflow: w\nsteps:\n  s0:\n";
  for (int i = 1; i < 20'000; ++i)
    source += "  s" + std::to_string(i) + ": {depends_on: [s"
              + std::to_string(i - 1) + "]}\n";
  CHECK(step_shown(good(source)->source.view(), 19'999, first)["level"]
        == 19'999);
}

TEST_CASE("milestones are the steps that have one", "[core]")
{
  auto all = milestones_of(release()->source.view());
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "released");
  CHECK(all[0].of == "last");
  CHECK(all[1].step == 2);
  CHECK(milestones_of(one("")->source.view()).empty());
}

TEST_CASE("the newest attempt is shown beside those that failed", "[core]")
{
  auto t0 = from_us(1'800'000'000'000'000);
  auto second = t0 + std::chrono::seconds{5};
  auto one_alone = all_attempts(begun_at(t0, 1), {});
  REQUIRE(one_alone.size() == 1);
  CHECK(one_alone[0].agent == "ann");
  CHECK(one_alone[0].started_at == t0);
  auto again = all_attempts(begun_at(second, 2), {failed_at(second, 1)});
  REQUIRE(again.size() == 2);
  CHECK(again[0].error.message == "no");
  CHECK(again[1].attempt == 2);
  CHECK_FALSE(again[1].error);
}

TEST_CASE("an attempt that nobody has begun is none", "[core]")
{
  auto t0 = from_us(1'800'000'000'000'000);
  auto later = t0 + std::chrono::seconds{5};
  CHECK(all_attempts(task_row{}, {}).empty());
  auto waits = begun_at(t0, 2);
  waits.state = task_state::queued;
  CHECK(all_attempts(waits, {failed_at(later, 1)}).size() == 1);
  // Given back to the queue: it has no end, and counts for nothing.
  auto back = begun_at(later, 2);
  back.state = task_state::queued;
  CHECK(all_attempts(back, {failed_at(t0, 1)}).size() == 1);
  // Its deadline passed before an agent took it a second time.
  waits.state = task_state::failed;
  CHECK(all_attempts(waits, {failed_at(later, 1)}).size() == 1);
  // The last one that failed is there once.
  auto over = begun_at(t0, 1);
  over.state = task_state::failed;
  CHECK(all_attempts(over, {failed_at(later, 1)}).size() == 1);
}
