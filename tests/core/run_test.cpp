#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::diamond;
using test::run_driver;
using enum task_state;

TEST_CASE("a run ends when all its tasks have", "[core]")
{
  run_driver d{diamond};
  CHECK(d.row.state == run_state::queued);
  CHECK(d.offers.size() == 1);
  d.work("top");
  CHECK(d.row.state == run_state::running);
  CHECK(d.offers.size() == 2);
  d.work("left", R"({"n":1})");
  CHECK(d.state("end") == waiting);
  d.work("right", R"({"n":2})");
  CHECK(d.task("end").input.view() == R"({"l":1,"r":2})");
  auto last = d.work("end", R"("done")");
  CHECK(last.over);
  CHECK(d.row.state == run_state::completed);
  CHECK(d.row.output.view() == R"({"end":"done"})");
  CHECK(d.row.counts[static_cast<size_t>(completed)] == 4);
}

TEST_CASE("a failed task is tried again after its backoff", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 1, backoff: {base: 1s}}\n"};
  d.start("a");
  d.end("a", outcome::failed("no luck"));
  CHECK(d.state("a") == retrying);
  CHECK(d.offers.empty());
  d.advance(999ms);
  CHECK(d.offers.empty());
  d.advance(1ms);
  CHECK(d.offers.size() == 1);
  d.start("a");
  auto last = d.end("a", outcome::failed("no luck"));
  CHECK(last.over);
  CHECK(d.state("a") == failed);
  CHECK(d.row.state == run_state::failed);
  CHECK(last.attempts.size() == 1);
}

TEST_CASE("a snooze waits its time and uses no retry up", "[core]")
{
  run_driver d{"workflow: w\nsteps: {a: {type: x, retries: 0}}\n"};
  for (int i = 0; i < 3; ++i) {
    d.start("a");
    d.end("a", outcome::snooze(5s));
    CHECK(d.offers.empty());
    d.advance(4s);
    CHECK(d.offers.empty());
    d.advance(1s);
    REQUIRE(d.offers.size() == 1);
  }
  CHECK(d.task("a").retries == 0);
  d.work("a");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("what must not be tried again is not", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 3}\n"};
  d.start("a");
  d.end("a", outcome::give_up("never"));
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->message == "never");
}

TEST_CASE("a result with an old token is refused", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 1, backoff: {base: 1s}}\n"};
  d.start("a");
  auto old = d.task("a").attempt;
  d.end("a", {}, end_kind::returned);
  CHECK(d.state("a") == queued);
  CHECK(d.task("a").retries == 0); // Uncounted.
  d.start("a");
  CHECK_FALSE(
    d.r->ended(1, old, end_kind::answered, outcome::done(), d.now, 0));
  CHECK(d.state("a") == in_progress);
}

TEST_CASE("dependents of a failed task are skipped, handlers run", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {retries: 0}
  b: {depends_on: [a]}
  c: {depends_on: [b]}
  mend: {depends_on: [{step: a, on: failure}]}
  always: {depends_on: [{step: b, on: always}]}
)"};
  d.start("a");
  d.end("a", outcome::failed("broken"));
  CHECK(d.state("b") == skipped);
  CHECK(d.state("c") == skipped);
  d.work("mend");
  d.work("always");
  // The failure was handled.
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("what runs in any case handles no failure", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  build: {retries: 0}
  clean: {depends_on: [{step: build, on: always}]}
)"};
  d.start("build");
  d.end("build", outcome::failed("broken"));
  d.work("clean");
  CHECK(d.row.state == run_state::failed);
  CHECK(d.row.error.message == "step `build` failed: broken");
}

TEST_CASE("a run with a task that was cancelled by itself is cancelled",
          "[core]")
{
  run_driver d{
    "workflow: w\nsteps:\n  a: {}\n  b: {}\n  c: {depends_on: [a]}\n"};
  d.r->cancel_task(d.task("a").number, d.me, "not now", d.now);
  d.take();
  CHECK(d.state("c") == skipped);
  d.work("b");
  CHECK(d.row.state == run_state::cancelled);
  CHECK(d.row.error.message == "step `a` was cancelled");
}

TEST_CASE("steps without a priority have the run's", "[core]")
{
  run_driver d{"workflow: w\npriority: high\nsteps:\n  a: {}\n"
               "  b: {priority: low}\n  each: {foreach: [1]}\n"};
  CHECK(d.task("a").priority == 8);
  CHECK(d.task("b").priority == 3);
  CHECK(d.task("each[0]").priority == 8);
}

TEST_CASE("an item cancelled before its turn lets no other begin early",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  each: {foreach: [0, 1, 2, 3, 4], max_parallel: 2}\n"};
  d.start("each[0]");
  d.start("each[1]");
  REQUIRE_FALSE(d.r->cancel_task(d.task("each[3]").number, d.me, "no", d.now));
  d.take();
  auto again = GENERATE(false, true);
  if (again) {
    d.reload();
    for (auto name : {"each[0]", "each[1]"})
      d.r->adopt(d.task(name).number, d.task(name).attempt, "ann", d.now);
    d.r->go_on(d.now);
    d.take();
  }
  CHECK(d.state("each[2]") == waiting);
  d.end("each[0]", outcome::done());
  CHECK(d.state("each[2]") == queued);
  CHECK(d.state("each[4]") == waiting);
  d.end("each[1]", outcome::done());
  CHECK(d.state("each[4]") == queued);
  d.work("each[2]");
  d.work("each[4]");
  CHECK(d.state("each") == failed); // As one of its items did not complete.
}

TEST_CASE("a condition that is false skips its step only", "[core]")
{
  run_driver d{R"(
workflow: w
input: {env: {type: string, required: true}}
steps:
  a: {when: "run.input.env == 'prod'"}
  b: {depends_on: [a]}
)",
               R"({"env":"test"})"};
  CHECK(d.state("a") == skipped);
  CHECK(d.state("b") == queued);
}

TEST_CASE("a foreach makes a task for each item and gathers in order", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  list: {}
  each:
    depends_on: [list]
    foreach: "${steps.list.output}"
    max_parallel: 2
    input: {name: "${item}", at: "${index}"}
  end: {depends_on: [each], input: "${steps.each.output}"}
)"};
  d.work("list", R"(["x","y","z"])");
  CHECK(d.offers.size() == 2);
  CHECK(d.task("each[1]").input.view() == R"({"at":1,"name":"y"})");
  d.work("each[1]", "20");
  CHECK(d.offers.size() == 2);
  d.work("each[0]", "10");
  d.work("each[2]", "30");
  CHECK(d.task("end").input.view() == "[10,20,30]");
  d.work("end");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("an empty foreach completes with an empty list", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {foreach: []}\n"};
  CHECK(d.row.state == run_state::completed);
  CHECK(d.task("a").output.view() == "[]");
}

TEST_CASE("what is expected of a foreach is expected of each item", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  a: {foreach: [1, 2], expect: {type: integer}, retries: 0}\n"};
  d.work("a[0]", "1");
  d.work("a[1]", "2");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("a loop repeats until its condition is true", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {repeat_until: "output.n >= 2", repeat_max: 5, input: {i: "${iteration}"}}
)"};
  d.work("a[0]", R"({"n":0})");
  CHECK(d.task("a[1]").input.view() == R"({"i":2})");
  d.work("a[1]", R"({"n":2})");
  CHECK(d.task("a").output.view() == R"({"n":2})");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("a loop past its bound fails with the limit's name", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n"
               "  a: {repeat_until: \"output.ok\", repeat_max: 2}\n"};
  d.work("a[0]", R"({"ok":false})");
  d.work("a[1]", R"({"ok":false})");
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->code == errc::limit_reached);
}

TEST_CASE("a sleep ends when its time has come", "[core]")
{
  run_driver d{
    "workflow: w\nsteps:\n  a: {sleep: 2h}\n  b: {depends_on: [a]}\n"};
  CHECK(d.state("a") == in_progress);
  d.advance(2h - 1us);
  CHECK(d.state("a") == in_progress);
  d.advance(1us);
  CHECK(d.state("a") == completed);
  CHECK(d.offers.size() == 1);
}

TEST_CASE("a signal is taken whether it comes before or after", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {signal: go}
  b: {depends_on: [a], signal: on}
)"};
  auto taken = true;
  CHECK_FALSE(d.r->signal("on", text{"2"}, d.me, d.now, taken));
  CHECK_FALSE(taken);
  d.take();
  CHECK(d.signals == 1);
  CHECK_FALSE(d.r->signal("go", text{"1"}, d.me, d.now, taken));
  CHECK(taken);
  d.take();
  CHECK(d.signals == 0);
  CHECK(d.task("a").output.view() == "1");
  CHECK(d.task("b").output.view() == "2");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("a signal that does not come fails its step in time", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {signal: go, timeout: 5m}\n"};
  d.advance(5min);
  CHECK(d.task("a").error->code == errc::timed_out);
}

TEST_CASE("tasks that an agent adds join the run", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n  b: {depends_on: [a]}\n"};
  d.start("a");
  d.end("a", outcome::done("1").with_tasks(
               R"([{"name":"x"},{"name":"y","depends_on":["x"]}])"));
  CHECK(d.state("a") == completed);
  CHECK(d.state("b") == waiting); // For what was added, too.
  d.work("x");
  d.reload();
  d.r->go_on(d.now);
  d.take();
  d.work("y");
  CHECK(d.state("b") == queued);
}

TEST_CASE("wrong tasks that an agent adds fail its task", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 0}\n"};
  d.start("a");
  d.end("a", outcome::done("1").with_tasks(R"([{"nam":"x"}])"));
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->kind == category::validation);
}

TEST_CASE("an output that is not as expected is a failed attempt", "[core]")
{
  run_driver d{R"(
workflow: w
steps:
  a: {retries: 1, expect: {type: object, required: [ok]}}
  b: {retries: 0, expect: "output.n > 3"}
)"};
  d.start("a");
  d.end("a", outcome::done("{}"));
  CHECK(d.state("a") == retrying);
  d.start("b");
  d.end("b", outcome::done(R"({"n":3})"));
  CHECK(d.task("b").error->code == errc::invalid_result);
}

TEST_CASE("a task that was running at three unclean ends is set aside",
          "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 0}\n"};
  for (int i = 0; i < 3; ++i) {
    d.start("a");
    d.reload(true);
    d.r->lost(1, true, d.now);
    d.take();
  }
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->code == errc::quarantined);
}

TEST_CASE("what must not run twice fails when it was interrupted", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {at_most_once: true}\n"};
  d.start("a");
  d.reload(true);
  d.r->lost(1, true, d.now);
  d.take();
  CHECK(d.state("a") == failed);
}

TEST_CASE("a run read again goes on where it was", "[core]")
{
  run_driver d{diamond};
  d.work("top");
  d.work("left", R"({"n":1})");
  d.start("right");
  d.reload();
  d.r->adopt(d.task("right").number, d.task("right").attempt, "ann", d.now);
  d.r->go_on(d.now);
  d.take();
  CHECK(d.offers.empty());
  d.end("right", outcome::done(R"({"n":2})"));
  d.work("end");
  CHECK(d.row.state == run_state::completed);
}

TEST_CASE("max_parallel bounds how much of a run is given away", "[core]")
{
  run_driver d{"workflow: w\nmax_parallel: 2\nsteps:\n"
               "  a: {}\n  b: {}\n  c: {}\n"};
  CHECK(d.offers.size() == 2);
  d.work("a");
  CHECK(d.offers.size() == 2);
}

TEST_CASE("a long chain of skipped steps needs no stack", "[core]")
{
  std::string source = "workflow: w\nsteps:\n  s0: {retries: 0}\n";
  for (int i = 1; i < 20'000; ++i)
    source += "  s" + std::to_string(i) + ": {depends_on: [s"
              + std::to_string(i - 1) + "]}\n";
  run_driver d{source};
  d.start("s0");
  d.end("s0", outcome::failed("no"));
  CHECK(d.row.counts[static_cast<size_t>(skipped)] == 19'999);
}
