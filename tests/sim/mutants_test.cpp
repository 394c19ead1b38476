#include <catch2/catch.hpp>

#include "core/mutant.hpp"
#include "sim/shrink.hpp"

namespace troupe::sim {

using core::mutant;

namespace {

/// A deliberate bug for as long as it lives.
struct with_mutant {
  explicit with_mutant(mutant x) { core::chosen_mutant = x; }
  ~with_mutant() { core::chosen_mutant = mutant::none; }
};

constexpr uint64_t seeds_max = 200;

/// The first seed that shows it, from that one on; 0: none.
uint64_t caught_by(mutant x, uint64_t from = 1) {
  with_mutant on{x};
  for (auto seed = from; seed < from + seeds_max; ++seed)
    if (!play(draw_plan(seed)).broken.empty())
      return seed;
  return 0;
}

/// A seed shows it, and without it there is nothing to see.
void check_seen(mutant bug, uint64_t from = 1) {
  INFO(core::to_string(bug));
  auto seed = caught_by(bug, from);
  REQUIRE(seed != 0);
  INFO("seed " << seed);
  CHECK(play(draw_plan(seed)).broken == "");
}

} // namespace

// All of them, in parts that can be played side by side.

TEST_CASE("the simulation sees bugs of what is durable", "[sim]")
{
  check_seen(GENERATE(mutant::ack_before_commit, mutant::retries_forgotten,
                      mutant::timer_lost, mutant::dedupe_off, mutant::feed_gap,
                      mutant::careless_start, mutant::completed_again));
}

TEST_CASE("the simulation sees bugs of who gets what", "[sim]")
{
  check_seen(GENERATE(mutant::lost_wake_up, mutant::double_dispatch,
                      mutant::late_begin, mutant::limit_leak,
                      mutant::order_off));
}

TEST_CASE("the simulation sees a bug that is rare", "[sim]")
{
  // A task has to come back while its run is paused: begin near a seed that is
  // known to have it.
  check_seen(mutant::unpaused_return, 75);
}

TEST_CASE("a failing seed is told as a short story", "[sim]")
{
  auto seed = caught_by(mutant::double_dispatch);
  REQUIRE(seed != 0);
  with_mutant on{mutant::double_dispatch};
  auto whole = draw_plan(seed);
  auto how = play(whole);
  auto least = shrink(whole, how, 60);
  CHECK(least.plays <= 60);
  CHECK(least.how.broken.substr(0, 3) == how.broken.substr(0, 3));
  CHECK(least.what.events.size() < whole.events.size());
  size_t submitted = 0;
  for (const auto& work : least.what.work)
    submitted += work.at >= core::duration{0} && !work.registered;
  CHECK(submitted <= 2);
  CHECK_FALSE(least.how.story.empty());
}

} // namespace troupe::sim
