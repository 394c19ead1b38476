#include "core/run_driver.hpp"

// Steps that need no agent, and their times.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;
using enum task_state;

namespace {

/// A workflow of one sub-workflow step `a` with these fields.
struct with_sub_run : run_driver {
  explicit with_sub_run(const std::string& fields)
    : run_driver{"workflow: w\nsteps:\n  a: {workflow: other@1, " + fields
                 + "}\n"} {}

  id child() { return *id_from(task("a").agent.view()); }

  run_effects child_ends(run_state how, failure why = {}) {
    r->sub_run_ended(1, child(), how, text{"1"}, std::move(why), now, 0);
    return take();
  }

  /// Time goes by; which sub-runs are to be cancelled?
  std::vector<id> cancelled_after(duration time) {
    now += time;
    r->timer(1, task("a").due, now);
    return take().cancels;
  }
};

} // namespace

TEST_CASE("a sub-workflow that takes too long is cancelled and has timed out",
          "[core]")
{
  with_sub_run d{"timeout: 5m"};
  auto child = d.child();
  CHECK(d.cancelled_after(4min).empty());
  CHECK(d.cancelled_after(1min) == std::vector<id>{child});
  CHECK(d.state("a") == in_progress);     // Until it has stopped.
  CHECK(d.cancelled_after(1min).empty()); // Once is enough.
  d.child_ends(run_state::cancelled);
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->code == errc::timed_out);
  CHECK(d.row.state == run_state::failed);
}

TEST_CASE("a sub-workflow is tried again as a new run, with backoff", "[core]")
{
  with_sub_run d{"timeout: 5m, retries: 1, backoff: {base: 10s, jitter: 0}"};
  auto first = d.child();
  d.cancelled_after(5min);
  auto out = d.child_ends(run_state::cancelled);
  REQUIRE(out.attempts.size() == 1);
  CHECK(out.attempts[0].attempt == 1);
  CHECK(out.attempts[0].agent == to_string(first));
  CHECK(d.state("a") == retrying);
  d.advance(10s);
  CHECK(d.state("a") == in_progress);
  CHECK(d.task("a").attempt == 2);
  CHECK(d.child() != first);
  SECTION("it completes")
  {
    d.child_ends(run_state::completed);
    CHECK(d.row.state == run_state::completed);
  }
  SECTION("what the first says late means nothing")
  {
    d.r->sub_run_ended(1, first, run_state::failed, {}, {}, d.now, 0);
    CHECK(d.state("a") == in_progress);
  }
  SECTION("its own time counts")
  { CHECK(d.cancelled_after(5min) == std::vector<id>{d.child()}); }
  SECTION("there is no third")
  {
    d.child_ends(run_state::failed, {errc::agent_failed, {}, "no"});
    CHECK(d.state("a") == failed);
  }
}

TEST_CASE("a sub-workflow that fails is tried again only if that is said",
          "[core]")
{
  with_sub_run once{"input: 1"};
  once.child_ends(run_state::failed, {errc::agent_failed, {}, "no"});
  CHECK(once.state("a") == failed);
  with_sub_run twice{"retries: 1"};
  twice.child_ends(run_state::failed, {errc::agent_failed, {}, "no"});
  CHECK(twice.state("a") == retrying);
}

TEST_CASE("a sub-workflow that gives something unexpected is tried again",
          "[core]")
{
  with_sub_run d{"retries: 1, expect: output == 2"};
  d.child_ends(run_state::completed);
  CHECK(d.state("a") == retrying);
}

TEST_CASE("a deadline ends a sub-workflow for good", "[core]")
{
  with_sub_run d{
    "deadline: 5m, timeout: 4m, retries: 5, backoff: {base: 2m, max: 2m}"};
  CHECK(d.cancelled_after(4min).size() == 1);
  d.child_ends(run_state::cancelled);
  CHECK(d.state("a") == failed); // The next try would come after it.
  with_sub_run alone{"deadline: 5m"};
  CHECK(alone.cancelled_after(5min).size() == 1);
  alone.child_ends(run_state::cancelled);
  CHECK(alone.task("a").error->message
        == "its deadline passed while it was in progress");
}

TEST_CASE("a cancel of a sub-workflow is no timeout, whichever comes first",
          "[core]")
{
  with_sub_run d{"timeout: 5m, retries: 3"};
  SECTION("before")
  { REQUIRE_FALSE(d.r->cancel_task(1, d.me, "", d.now)); }
  SECTION("after")
  {
    d.cancelled_after(5min);
    REQUIRE_FALSE(d.r->cancel_task(1, d.me, "", d.now));
  }
  d.take();
  d.child_ends(run_state::cancelled);
  CHECK(d.state("a") == cancelled);
}

TEST_CASE("a sub-workflow that is late is so over a restart", "[core]")
{
  with_sub_run d{"timeout: 5m, retries: 1"};
  d.cancelled_after(5min);
  d.reload();
  d.r->go_on(d.now);
  CHECK(d.take().cancels == std::vector<id>{d.child()});
  d.child_ends(run_state::cancelled);
  CHECK(d.state("a") == retrying);
}

TEST_CASE("a deadline ends a sleep, a wait for a signal and a question",
          "[core]")
{
  for (std::string what : {"sleep: 1h", "signal: go, timeout: 1h",
                           "approve: {timeout: 1h, on_timeout: approve}"}) {
    INFO(what);
    run_driver late{"workflow: w\nsteps:\n  a: {" + what + ", deadline: 5m}\n"};
    late.advance(5min);
    CHECK(late.state("a") == failed);
    CHECK(late.task("a").error->message
          == "its deadline passed while it waited");
    CHECK(late.questions.empty());
    run_driver early{"workflow: w\nsteps:\n  a: {" + what
                     + ", deadline: 5h}\n"};
    early.advance(1h);
    CHECK((early.task("a").error == nullptr
           || early.task("a").error->message.find("did not come in time")
                != std::string::npos));
    CHECK(terminal(early.state("a")));
  }
}
