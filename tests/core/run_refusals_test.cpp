#include "core/run_driver.hpp"

// What a run does not do, and what it says then.

using namespace troupe;
using namespace troupe::core;
using test::run_driver;
using enum task_state;

TEST_CASE("a completed run is not opened again by a retry", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {retries: 0}\n"
               "  b: {depends_on: [{step: a, on: failure}]}\n"};
  d.start("a");
  d.end("a", outcome::failed("no"));
  d.work("b");
  REQUIRE(d.row.state == run_state::completed);
  for (uint32_t number : {0, 1}) {
    auto why = d.r->retry(number, d.me, d.now);
    CHECK(why.code == errc::invalid_state);
    CHECK(why.message.find("it is completed") != std::string::npos);
  }
  d.take();
  CHECK(d.row.state == run_state::completed);
  CHECK(d.state("a") == failed);
}

TEST_CASE("a signal that no step ever takes is refused", "[core]")
{
  run_driver d{"workflow: w\nsteps:\n  a: {}\n"
               "  b: {depends_on: [a], signal: release}\n"};
  auto taken = false;
  auto why = d.r->signal("relaese", {}, d.me, d.now, taken);
  CHECK(why.code == errc::invalid);
  CHECK_THAT(why.message, Catch::Contains("did you mean `release`?"));
  CHECK_THAT(d.r->signal("x", {}, d.me, d.now, taken).message,
             Catch::Contains("one waits for `release`"));
  d.take();
  CHECK(d.signals == 0);
  CHECK_FALSE(d.r->signal("release", {}, d.me, d.now, taken));
  CHECK_FALSE(taken); // It waits for `a`.
  d.take();
  CHECK(d.signals == 1);
}

TEST_CASE("a failure deep inside names the outermost and the innermost step",
          "[core]")
{
  auto fail = [](const std::string& message) {
    run_driver x{"workflow: w\nsteps:\n  out: {workflow: part@1}\n"};
    auto child = *id_from(x.task("out").agent.view());
    x.r->sub_run_ended(1, child, run_state::failed, {},
                       {errc::agent_failed, category::unknown, message}, x.now,
                       0);
    x.take();
    return x.row.error.message;
  };
  CHECK(fail("boom") == "step `out` failed: boom");
  CHECK(fail("step `in` failed: boom")
        == "step `out` failed: step `in` failed: boom");
  CHECK(fail("step `mid` failed: step `in` failed: boom")
        == "step `out` failed: step `in` failed: boom");
  CHECK(fail("step `out` failed: step `out` failed: boom")
        == "step `out` failed: boom");
}
