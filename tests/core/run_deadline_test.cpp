#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::run_driver;
using enum task_state;

TEST_CASE("an attempt that takes too long is told as such", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  a: {retries: 0, timeout: 2s}\n"
               "  b: {retries: 0, deadline: 3s}\n"};
  d.start("a");
  d.end("a", outcome::failed("cancelled"), end_kind::timed_out);
  CHECK(d.task("a").error->message == "the attempt ran longer than 2s");
  d.start("b");
  d.advance(3s);
  d.end("b", outcome::failed("half of it is done"), end_kind::timed_out);
  CHECK(d.task("b").error->message
        == "its deadline passed while it was in progress; its agent said: half "
           "of it is done");
}

TEST_CASE("a snooze does not pass the deadline", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {deadline: 1m}\n"};
  d.start("a");
  d.end("a", outcome::snooze(1h));
  CHECK(d.timers.at(1) == d.now + 1min);
  d.advance(1min);
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->code == errc::timed_out);
}

TEST_CASE("the items of a foreach share its deadline", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  each: {foreach: [1, 2], max_parallel: 1, deadline: 10s}\n"};
  d.now += 6s;
  d.work("each[0]");
  CHECK(d.timers.at(d.task("each[1]").number) == d.now + 4s);
}

TEST_CASE("a pause stops the clocks of deadlines, too", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {deadline: 10s}\n"
               "  b: {deadline: 10s, timeout: 1h}\n"};
  d.start("b");
  d.advance(4s);
  CHECK_FALSE(d.r->pause(d.me, d.now));
  d.take();
  d.advance(100h);
  CHECK_FALSE(d.r->resume(d.me, d.now));
  d.take();
  d.reload();
  d.take();
  d.r->lost(d.task("b").number, false, d.now);
  d.take();
  CHECK(d.timers.at(d.task("a").number) == d.now + 6s);
  CHECK(d.timers.at(d.task("b").number) == d.now + 6s);
}

TEST_CASE("a task that is retried has its whole deadline again", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 0, deadline: 10s}\n"};
  d.advance(10s);
  CHECK(d.state("a") == failed);
  d.advance(1h);
  CHECK_FALSE(d.r->retry(1, d.me, d.now));
  d.take();
  CHECK(d.timers.at(1) == d.now + 10s);
}
