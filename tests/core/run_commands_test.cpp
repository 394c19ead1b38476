#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::diamond;
using test::run_driver;
using enum task_state;

TEST_CASE("a gate waits for a person, and a refusal fails the task", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {type: deployment, approve: {by: boss, timeout: 1h}}
  b: {type: deployment, approve: {timeout: 1h, on_timeout: approve}}
  c: {type: deployment, approve: {timeout: 1h}}
)"};
  CHECK(d.state("a") == awaiting_approval);
  CHECK(d.questions.size() == 3);
  CHECK(d.offers.empty());
  CHECK_FALSE(d.r->answer(1, true, d.me, "ann", "", d.now));
  d.take();
  CHECK(d.state("a") == queued);
  CHECK(d.r->answer(1, true, d.me, "bob", "", d.now).code
        == errc::already_answered);
  d.advance(1h);
  CHECK(d.state("b") == queued);
  CHECK(d.state("c") == failed);
  CHECK(d.task("c").error->code == errc::rejected);
}

TEST_CASE("a retry asks again for what was refused", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {type: deployment, approve: {by: boss, timeout: 1h}}
  b: {depends_on: [a], approve: {timeout: 1h}}
)"};
  CHECK_FALSE(d.r->answer(1, false, d.me, "ann", "no", d.now));
  d.take();
  REQUIRE(d.row.state == run_state::failed);
  CHECK_FALSE(d.r->retry(0, d.me, d.now));
  d.take();
  CHECK(d.state("a") == awaiting_approval);
  CHECK(d.offers.empty());
  CHECK(d.questions.size() == 1);
  CHECK_FALSE(d.r->answer(1, true, d.me, "ann", "", d.now));
  d.take();
  CHECK(d.state("a") == queued);
  // What was approved once is not asked again.
  d.start("a");
  d.end("a", outcome::failed("broken", category::business));
  CHECK_FALSE(d.r->retry(1, d.me, d.now));
  d.take();
  CHECK(d.state("a") == queued);
}

TEST_CASE("a paused run is resumed before something is retried", "[core]")
{
  run_driver d{"workflow: w\nsteps: {a: {type: x}, b: {type: x}}\n"};
  d.start("a");
  d.end("a", outcome::failed("broken", category::business));
  CHECK_FALSE(d.r->pause(d.me, d.now));
  d.take();
  CHECK(d.r->retry(0, d.me, d.now).code == errc::invalid_state);
  CHECK(d.take().offers.empty());
  CHECK(d.state("a") == failed);
}

TEST_CASE("what a pause withdraws in the same breath is not offered", "[core]")
{
  run_driver d{"workflow: w\nsteps: {a: {}, b: {depends_on: [a]}}\n"};
  d.start("a");
  REQUIRE(d.r->ended(d.task("a").number, 1, end_kind::answered,
                     outcome::done("1"), d.now, 0)); // Offers b,
  CHECK_FALSE(d.r->pause(d.me, d.now));              // and takes it back.
  CHECK(d.take().offers.empty());
  CHECK(d.state("b") == paused);
  CHECK_FALSE(d.r->resume(d.me, d.now));
  CHECK_FALSE(d.r->pause(d.me, d.now));
  CHECK_FALSE(d.r->resume(d.me, d.now));
  CHECK(d.take().offers == std::vector{d.task("b").number});
  d.work("b");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("cancel ends what waits and stops what works", "[core]")
{
  run_driver d{diamond};
  d.work("top");
  d.start("left");
  CHECK_FALSE(d.r->cancel(d.me, "enough", d.now));
  auto out = d.take();
  CHECK(out.stops == std::vector<uint32_t>{d.task("left").number});
  CHECK(d.state("right") == cancelled);
  CHECK(d.state("end") == cancelled);
  CHECK(d.row.state == run_state::cancelling);
  CHECK_FALSE(out.over);
  auto last = d.end("left", {}, end_kind::cancelled);
  CHECK(last.over);
  CHECK(d.row.state == run_state::cancelled);
  CHECK(d.r->cancel(d.me, "", d.now).code == errc::invalid_state);
}

TEST_CASE("an answer that is faster than the cancel still counts", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n"};
  d.start("a");
  d.r->cancel_task(1, d.me, "", d.now);
  d.end("a", outcome::done("1"));
  CHECK(d.state("a") == completed);
}

TEST_CASE("what depends on a cancelled foreach goes on when its items stopped",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {foreach: [1, 2]}\n"
               "  b: {depends_on: [{step: a, on: always}]}\n"};
  d.start("a[0]");
  d.r->cancel_task(1, d.me, "", d.now);
  d.take();
  CHECK(d.state("a") == cancelled);
  CHECK(d.state("b") == waiting);
  d.end("a[0]", {}, end_kind::cancelled);
  CHECK(d.state("b") == queued);
}

TEST_CASE("a task that comes back to a paused run waits with it", "[core]")
{
  auto restart = GENERATE(false, true);
  run_driver d{"workflow: w\nsteps:\n  a: {}\n  b: {sleep: 1h}\n"};
  d.start("a");
  d.r->pause(d.me, d.now);
  d.take();
  if (restart) {
    d.reload(true);
    d.r->lost(1, true, d.now);
    d.r->go_on(d.now);
    d.take();
  } else {
    d.end("a", {}, end_kind::returned);
  }
  CHECK(d.state("a") == paused);
  CHECK(d.offers.empty());
  CHECK(d.row.state == run_state::paused);
  d.r->resume(d.me, d.now);
  d.take();
  CHECK(d.offers.size() == 1);
  CHECK(d.timers.count(2) == 1);
}

TEST_CASE("rounds and items that a pause held go on after a restart", "[core]")
{
  auto restart = GENERATE(false, true);
  run_driver d{"workflow: w\nsteps:\n  a: {repeat_until: iteration >= 2}\n"
               "  b: {foreach: [1, 2, 3], max_parallel: 1}\n"};
  d.start("a[0]");
  d.start("b[0]");
  d.r->pause(d.me, d.now);
  d.take();
  d.end("a[0]", outcome::done("1"));
  d.end("b[0]", outcome::done("1"));
  CHECK(d.offers.empty());
  if (restart)
    d.reload();
  d.r->resume(d.me, d.now);
  d.take();
  CHECK(d.offers.size() == 2);
  d.work("a[1]");
  CHECK(d.state("a") == completed);
  d.work("b[1]");
  d.work("b[2]");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("a failure after a cancel is a cancel, and nothing is tried again",
          "[core]")
{
  auto word = GENERATE(0, 1);
  run_driver d{"workflow: w\nsteps:\n  a: {}\n"};
  d.start("a");
  d.r->cancel_task(1, d.me, "", d.now);
  d.take();
  d.end("a", word == 0 ? outcome::failed("stopped early")
                       : outcome::snooze(std::chrono::seconds{1}));
  CHECK(d.state("a") == cancelled);
  CHECK(d.timers.empty());
}

TEST_CASE("a cancel that was answered holds over a restart", "[core]")
{
  run_driver d{diamond};
  d.work("top");
  d.start("left");
  REQUIRE_FALSE(d.r->cancel(d.me, "enough", d.now));
  d.take();
  auto number = d.task("left").number;
  SECTION("what is still at work is asked to stop again")
  {
    d.reload();
    d.r->adopt(number, 1, "ann", d.now);
    d.r->go_on(d.now);
    CHECK(d.take().stops == std::vector<uint32_t>{number});
    CHECK(d.end("left", {}, end_kind::cancelled).over);
  }
  SECTION("what was lost does not begin again")
  {
    d.reload(true);
    d.r->lost(number, true, d.now);
    auto out = d.take();
    CHECK(out.offers.empty());
    CHECK(out.over);
  }
  CHECK(d.state("left") == cancelled);
  CHECK(d.row.state == run_state::cancelled);
}

TEST_CASE("a run that is being cancelled takes no more tasks", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n  b: {}\n"};
  d.start("a");
  REQUIRE_FALSE(d.r->cancel(d.me, "", d.now));
  d.take();
  auto last = d.end("a", outcome::done("1").with_tasks(R"([{"name":"c"}])"));
  CHECK(last.over);
  CHECK(d.r->size() == 2);
}

TEST_CASE("a deadline does not turn a cancel into a failure", "[core]")
{
  run_driver d{"workflow: w\ndeadline: 1m\nsteps:\n  a: {}\n"};
  d.start("a");
  REQUIRE_FALSE(d.r->cancel(d.me, "enough", d.now));
  d.take();
  d.advance(std::chrono::minutes{2});
  d.end("a", {}, end_kind::cancelled);
  CHECK(d.row.state == run_state::cancelled);
  CHECK(d.row.error.code != troupe::errc::timed_out);
}

TEST_CASE("a sub-run that is cancelled before it has a name never starts",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n  b: {workflow: other@1, "
               "depends_on: [a]}\n"};
  d.start("a");
  const auto& a = d.task("a");
  d.r->ended(a.number, a.attempt, end_kind::answered,
             troupe::outcome::done("1"), d.now, 0);
  REQUIRE_FALSE(d.r->cancel(d.me, "", d.now));
  auto out = d.take();
  CHECK(out.sub_runs.empty());
  CHECK(out.cancels.empty());
  CHECK(d.row.state == run_state::cancelled);
}

TEST_CASE("a sub-run that is cancelled while it starts is stopped", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {workflow: other@1}\n"};
  auto child = *troupe::core::id_from(d.task("a").agent.view());
  REQUIRE_FALSE(d.r->cancel(d.me, "", d.now));
  CHECK(d.take().cancels == std::vector<troupe::core::id>{child});
  d.r->sub_run_started(1, child); // It was not there yet to be cancelled.
  CHECK(d.take().cancels == std::vector<troupe::core::id>{child});
}

TEST_CASE("a sub-run's name is written with the task that waits for it",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {workflow: other@1}\n"};
  CHECK(d.rows[0].state == task_state::in_progress);
  CHECK(troupe::core::id_from(d.rows[0].agent));
}

TEST_CASE("a retried workflow step begins a new sub-run", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {workflow: other@1}\n"};
  auto first = d.task("a").agent.str();
  d.r->sub_run_ended(
    1, *troupe::core::id_from(first), run_state::failed, {},
    {troupe::errc::timed_out, troupe::category::timeout, "late"}, d.now, 0);
  d.take();
  REQUIRE_FALSE(d.r->retry(0, d.me, d.now));
  CHECK(d.take().sub_runs == std::vector<uint32_t>{1});
  CHECK_FALSE(d.task("a").agent.empty());
  CHECK(d.task("a").agent.view() != first);
}

TEST_CASE("a task that was asked to stop stays so over a restart", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n  b: {}\n"};
  d.start("a");
  REQUIRE_FALSE(d.r->cancel_task(d.task("a").number, d.me, "", d.now));
  CHECK(d.take().stops == std::vector<uint32_t>{d.task("a").number});
  d.reload();
  auto& a = d.task("a");
  CHECK(a.stopping);
  CHECK(d.take().stops == std::vector<uint32_t>{a.number});
  d.r->lost(a.number, false, d.now);
  d.take();
  CHECK(d.state("a") == task_state::cancelled);
}

TEST_CASE("a command that comes again is known, for a while", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n"};
  auto command = [&d](uint32_t n) {
    return troupe::core::id::make(d.now, 0, n);
  };
  CHECK_FALSE(d.r->has_carried_out(command(0)));
  d.r->remember(command(0));
  d.take();
  d.reload();
  CHECK(d.r->has_carried_out(command(0)));
  for (uint32_t n = 1; n <= troupe::core::commands_kept_max; ++n)
    d.r->remember(command(n));
  CHECK_FALSE(d.r->has_carried_out(command(0)));
  CHECK(d.r->has_carried_out(command(1)));
}

TEST_CASE("a pause stops the clocks", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  nap: {sleep: 1h}
  a: {timeout: 10m}
  b: {}
)"};
  d.start("a");
  CHECK_FALSE(d.r->pause(d.me, d.now));
  d.take();
  CHECK(d.timers.empty());
  CHECK(d.offers.empty());
  CHECK(d.state("b") == paused);
  d.advance(100h);
  CHECK(d.state("nap") == in_progress);
  CHECK_FALSE(d.r->resume(d.me, d.now));
  auto out = d.take();
  CHECK(d.state("b") == queued);
  CHECK(d.offers.size() == 1);
  d.advance(10min - 1us);
  CHECK(d.task("a").due == due_kind::timeout);
  d.now += 1us;
  d.r->timer(d.task("a").number, due_kind::timeout, d.now);
  CHECK(d.take().expired.size() == 1);
}

TEST_CASE("what was approved is not asked again, also after a restart",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  a: {type: t, retries: 0, approve: {timeout: 1h}}\n"
               "  b: {}\n"};
  CHECK_FALSE(d.r->answer(1, true, d.me, "boss", "", d.now));
  d.take();
  d.start("a");
  d.end("a", outcome::failed("no"));
  d.reload();
  d.take();
  CHECK_FALSE(d.r->retry(1, d.me, d.now));
  d.take();
  CHECK(d.state("a") == queued);
}

TEST_CASE("retry brings back what failed and what it made skip", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 0}\n"
               "  b: {depends_on: [a]}\n  c: {depends_on: [b]}\n"};
  d.start("a");
  d.end("a", outcome::failed("no"));
  CHECK(d.row.state == run_state::failed);
  CHECK_FALSE(d.r->retry(0, d.me, d.now));
  d.take();
  CHECK(d.row.state == run_state::running);
  CHECK(d.state("b") == waiting);
  d.work("a");
  d.work("b");
  d.work("c");
  CHECK(d.row.state == run_state::completed);
}
