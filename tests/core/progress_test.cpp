#include <catch2/catch.hpp>

#include <algorithm>

#include <rapidcheck.h>

#include "core/progress.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

/// a -> b -> d, a -> c -> d; each of its own type.
workflow diamond() {
  workflow w;
  auto add = [&w](const std::string& name, std::vector<uint32_t> after) {
    step s;
    s.name = name;
    auto need = std::make_shared<needs>();
    need->type = name;
    s.need = need;
    for (auto x : after)
      s.depends_on.push_back({x});
    w.order.push_back(static_cast<uint32_t>(w.steps.size()));
    w.steps.push_back(std::move(s));
  };
  add("a", {});
  add("b", {0});
  add("c", {0});
  add("d", {1, 2});
  return w;
}

step_progress untouched(uint32_t) {
  return {};
}

progress_question counts(uint32_t completed, uint32_t running,
                         uint32_t waiting) {
  progress_question ask;
  ask.counts[static_cast<size_t>(task_state::completed)] = completed;
  ask.counts[static_cast<size_t>(task_state::in_progress)] = running;
  ask.counts[static_cast<size_t>(task_state::waiting)] = waiting;
  return ask;
}

} // namespace

TEST_CASE("progress counts what is there", "[core]")
{
  auto ask = counts(2, 1, 3);
  ask.counts[static_cast<size_t>(task_state::failed)] = 1;
  ask.completed_took = 3s;
  auto got = progress_of(ask);
  CHECK(got.total == 7);
  CHECK(got.completed == 2);
  CHECK(got.in_progress == 1);
  CHECK(got.failed == 1);
  CHECK(got.percent == 42.8); // The failed one has ended, too.
  CHECK(got.average == 1500ms);
  CHECK_FALSE(got.eta);
}

TEST_CASE("an empty run is at zero, and 100 means all", "[core]")
{
  CHECK(progress_of({}).percent == 0);
  CHECK_FALSE(progress_of({}).average);
  CHECK(progress_of(counts(9999, 0, 1)).percent == 99.9);
  CHECK(progress_of(counts(7, 0, 3)).percent == 70);
  CHECK(progress_of(counts(5, 0, 0)).percent == 100);
}

TEST_CASE("what remains is the longest chain and the sum", "[core]")
{
  auto w = diamond();
  w.steps[2].expected = 10s;
  performance_history none;
  auto left = remaining(w, untouched, none, 2s);
  REQUIRE(left);
  CHECK(left->path.middle == 14s); // a, c, d.
  CHECK(left->sum.middle == 16s);
  CHECK(left->path.low < 14s);
  CHECK(left->path.high > 14s);
  CHECK(left->path.high < 28s); // Spreads do not simply add.
  auto later = remaining(
    w,
    [](uint32_t step) -> step_progress {
      if (step == 0)
        return {task_state::completed, {}};
      if (step == 2)
        return {task_state::in_progress, 4s};
      return {};
    },
    none, 2s);
  CHECK(later->path.middle == 8s); // 6 s of c, then d.
  CHECK(later->sum.middle == 10s);
}

TEST_CASE("history counts more than a guess, and people take no time", "[core]")
{
  auto w = diamond();
  performance_history h;
  CHECK_FALSE(remaining(w, untouched, h, std::nullopt));
  for (auto type : {"a", "b", "c", "d"})
    for (int i = 0; i < 20; ++i)
      h.fold({"x", type, true, 1s});
  auto left = remaining(w, untouched, h, 1h);
  CHECK(left->path.middle.count() == Approx(3e6).epsilon(0.1));
  w.steps[1].kind = step_kind::approval;
  w.steps[2].kind = step_kind::sleep;
  w.steps[2].sleep = 1min;
  left = remaining(w, untouched, h, 1h);
  CHECK(left->path.middle.count() == Approx(62e6).epsilon(0.1));
}

TEST_CASE("neither the chain nor the slots can be beaten", "[core]")
{
  auto ask = counts(1, 2, 5);
  ask.left = remaining_work{{8s, 10s, 12s}, {80s, 100s, 120s}};
  CHECK(progress_of(ask).eta == estimate{40s, 50s, 60s});
  ask.parallelism = 50;
  CHECK(progress_of(ask).eta == estimate{8s, 10s, 12s});
  auto over = counts(3, 0, 0);
  over.left = ask.left;
  CHECK_FALSE(progress_of(over).eta);
}

TEST_CASE("a bar has as many cells as asked for", "[core]")
{
  CHECK(bar(0.5, 4) == "██░░");
  CHECK(bar(0) == bar(-1));
  CHECK(bar(2, 2) == "██");
  CHECK(bar(0.0 / 0.0, 2) == "░░");
  CHECK(bar(0.3, 10) == "███░░░░░░░");
  CHECK(bar(0.999).find("░") != std::string::npos);
  CHECK(percent_text(0.425) == "42.5%");
  CHECK(percent_text(0.99999) == "99.9%");
  CHECK(percent_text(1) == "100.0%");
}

TEST_CASE("an estimate is ordered and never below the chain", "[core]")
{
  CHECK(rc::check("low <= middle <= high, path <= eta", [] {
    auto w = diamond();
    for (auto& s : w.steps)
      s.expected = std::chrono::milliseconds{*rc::gen::inRange(1, 100'000)};
    auto elapsed = std::chrono::milliseconds{*rc::gen::inRange(0, 100'000)};
    auto ask = counts(0, *rc::gen::inRange(0u, 4u), 4);
    ask.left = remaining(
      w,
      [&](uint32_t) {
        return step_progress{task_state::queued, elapsed};
      },
      performance_history{}, std::nullopt);
    auto eta = progress_of(ask).eta;
    RC_ASSERT(eta->low <= eta->middle);
    RC_ASSERT(eta->middle <= eta->high);
    RC_ASSERT(eta->middle >= ask.left->path.middle);
    RC_ASSERT(ask.left->sum.middle >= ask.left->path.middle);
  }));
}
