#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::run_driver;

TEST_CASE("what an attempt said is written with its end, however it ended",
          "[core][run]")
{
  run_driver d{"workflow: w\nsteps: {a: {type: test, backoff: {base: 1s}}}\n"};
  auto said = std::make_shared<const kept_log>(kept_log{3, text{"t x\n"}});
  d.start("a");
  auto old = d.task("a").attempt;
  REQUIRE(d.r->ended(1, old, end_kind::answered, outcome::failed("x"), d.now, 0,
                     said));
  auto first = d.take();
  log_row row{d.r->key().with(1), old, "default", 3, text{"t x\n"}};
  CHECK(first.logs == std::vector<log_row>{row});
  d.advance(2s);
  d.start("a");
  // Of an attempt that is not the current one nothing is believed.
  CHECK_FALSE(
    d.r->ended(1, old, end_kind::answered, outcome::done(), d.now, 0, said));
  CHECK(d.end("a", outcome::done()).logs.empty());
}
