#include <catch2/catch.hpp>

#include "core/run_driver.hpp"
#include "core/run_estimate.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

const char* chain = R"(
workflow: w
steps:
  a: {type: build}
  b: {type: build, depends_on: [a]}
  c: {type: build, depends_on: [b]}
)";

stored_run stored(const run_driver& d) {
  stored_run x;
  x.run = d.row;
  x.tasks = d.rows;
  return x;
}

std::optional<estimate>
ask(const run_driver& d,
    const performance_history& history = performance_history{}) {
  return estimate_of(stored(d), *d.definition, history, d.now);
}

} // namespace

TEST_CASE("nobody can say how long a run takes before anything is known",
          "[core]")
{
  run_driver d{chain};
  CHECK_FALSE(ask(d));
  CHECK_FALSE(estimate_of(d.row, d.now));
}

TEST_CASE("the history of a type tells how long a run takes", "[core]")
{
  run_driver d{chain};
  performance_history history;
  for (int i = 0; i < 20; ++i)
    history.fold({"ann", "build", true, 10s});
  CHECK_FALSE(ask(d, history)); // It waits for an agent: who knows how long.
  d.start("a");
  REQUIRE(ask(d, history));
  auto whole = std::chrono::duration<double>(ask(d, history)->middle).count();
  CHECK(whole == Approx(30).epsilon(0.15));
  d.now += 4s;
  auto later = std::chrono::duration<double>(ask(d, history)->middle).count();
  CHECK(later == Approx(whole - 4).epsilon(0.05));
}

TEST_CASE("what has ended tells how long the rest takes", "[core]")
{
  run_driver d{chain};
  d.start("a");
  d.now += 6s;
  d.end("a", outcome::done());
  REQUIRE(ask(d));
  CHECK(ask(d)->middle == 12s);
  CHECK(ask(d)->low < 12s);
  CHECK(ask(d)->high > 12s);
  REQUIRE(estimate_of(d.row, d.now));
  CHECK(estimate_of(d.row, d.now)->middle == 12s);
}

TEST_CASE("a run that stands or has ended has no time left to tell", "[core]")
{
  run_driver d{chain};
  d.start("a");
  d.now += 6s;
  d.end("a", outcome::done());
  CHECK_FALSE(d.r->pause(d.me, d.now));
  d.take();
  CHECK_FALSE(ask(d));
  CHECK_FALSE(estimate_of(d.row, d.now));
  CHECK_FALSE(d.r->cancel(d.me, "", d.now));
  d.take();
  CHECK_FALSE(ask(d));
  CHECK_FALSE(estimate_of(d.row, d.now));
}

TEST_CASE("a run that waits for somebody has no time left to tell", "[core]")
{
  for (auto wait : {"approve: {timeout: 1h}", "signal: go"}) {
    INFO(wait);
    run_driver d{"workflow: w\nsteps:\n  a: {}\n  b: {depends_on: [a], "
                 + std::string{wait} + "}\n  c: {depends_on: [b]}\n"};
    d.start("a");
    d.now += 6s;
    d.end("a", outcome::done());
    CHECK(ask(d)); // Between two tasks, as far as anybody can tell.
    d.now += stands_after;
    CHECK_FALSE(ask(d));
  }
}

TEST_CASE("a run that sleeps says for how long", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {sleep: 1h}\n"};
  d.now += 10min;
  REQUIRE(ask(d));
  CHECK(ask(d)->middle == 50min);
}

TEST_CASE("a pace is known the better the more has ended", "[core]")
{
  CHECK_FALSE(by_pace(10s, 0, 5));
  auto few = by_pace(10s, 1, 5);
  auto many = by_pace(10s, 10'000, 50'000);
  REQUIRE(few);
  REQUIRE(many);
  CHECK(few->middle == 50s);
  CHECK(many->middle == 50s);
  CHECK(few->low < many->low);
  CHECK(few->high > many->high);
  CHECK(many->low < many->middle);
}
