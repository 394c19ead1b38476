#include <algorithm>

#include "core/explain.hpp"
#include "core/run_driver.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;
using test::run_driver;
using enum task_state;

namespace {

/// One step with these fields, `retries: 1` among them.
run_driver run_of(const std::string& fields) {
  return run_driver{"workflow: w\nsteps:\n  a: {agent: bob, retries: 1, "
                    "backoff: {base: 1s, jitter: 0}, input: [1], "
                    + fields + "}\n"};
}

run_effects fail(run_driver& d, category kind = category::network) {
  d.start("a");
  return d.end("a", outcome::failed("broken", kind));
}

/// Fails both of the step's own attempts.
run_effects use_up(run_driver& d) {
  fail(d);
  d.advance(1s);
  return fail(d);
}

std::string detail(const run_effects& x, fact_kind kind) {
  for (const auto& fact : x.facts)
    if (fact.kind == kind)
      return fact.detail;
  return "none";
}

} // namespace

TEST_CASE("when its attempts are used up the fallback's agents try",
          "[core][fallback]")
{
  auto d = run_of("fallback: {agent: eve, input: [2]}");
  auto last = use_up(d);
  CHECK(detail(last, fact_kind::task_fell_back) == "agent `eve`: broken");
  CHECK(d.state("a") == queued); // At once: these agents were not waited for.
  CHECK(d.offers.size() == 1);
  CHECK(d.r->step_of(d.task("a"))->need->agent == "eve");
  CHECK(d.task("a").input.view() == "[2]");
  CHECK(d.rows[0].fallback == 2);
  CHECK(d.rows[0].retries == 2);
  CHECK(explain(*d.r, 1).find("its fallback is at work") != std::string::npos);
  d.work("a", "3");
  CHECK(d.row.state == run_state::completed);
  CHECK(d.row.output.view() == R"({"a":3})");
  CHECK(d.rows[0].fallback == 2); // It stays visible.
}

TEST_CASE("a fallback has as many retries as the step, and is the last",
          "[core][fallback]")
{
  auto d = run_of("fallback: {agent: eve}");
  use_up(d);
  fail(d);
  CHECK(d.state("a") == retrying);
  CHECK(d.task("a").due_at == d.now + 1s); // The backoff begins anew, too.
  d.advance(1s);
  auto last = fail(d);
  CHECK(d.state("a") == failed);
  CHECK(d.rows[0].retries == 3); // Four attempts.
  CHECK(last.over);
}

TEST_CASE("a fallback goes on after a restart", "[core][fallback]")
{
  auto d = run_of("fallback: {agent: eve, input: [2]}");
  use_up(d);
  d.reload();
  d.r->go_on(d.now);
  d.take();
  CHECK(d.r->step_of(d.task("a"))->need->agent == "eve");
  CHECK(d.task("a").input.view() == "[2]");
  fail(d);
  d.advance(1s);
  fail(d);
  CHECK(d.state("a") == failed); // It does not begin anew.
}

TEST_CASE("an output can be the fallback", "[core][fallback]")
{
  auto d = run_of("expect: output.ok, fallback: {output: {ok: true, at: "
                  "\"${run.id}\"}}");
  auto last = use_up(d);
  CHECK(detail(last, fact_kind::task_fell_back) == "its output: broken");
  CHECK(d.state("a") == completed);
  CHECK(d.task("a").output.view()
        == R"({"at":")" + to_string(d.r->key()) + R"(","ok":true})");
  CHECK(d.rows[0].fallback != 0);
  CHECK(d.rows[0].retries == 1);
  CHECK(d.rows[0].agent.empty()); // Nobody made it.
  CHECK(last.attempts.size() == 1);
}

TEST_CASE("a fallback's output must be as expected, too", "[core][fallback]")
{
  auto d = run_of("expect: output.ok, fallback: {output: {ok: false}}");
  use_up(d);
  CHECK(d.state("a") == failed);
  CHECK(d.task("a").error->code == errc::invalid_result);
}

TEST_CASE("a fallback is not for what no other try can mend",
          "[core][fallback]")
{
  auto once = [](const std::string& fallback, category kind) {
    auto d = run_of("fallback: " + fallback);
    fail(d, kind);
    return d.state("a");
  };
  CHECK(once("eve", category::validation) == queued);
  CHECK(once("eve", category::business) == failed);
  CHECK(once("{output: 1}", category::business) == completed);
  CHECK(once("{output: 1}", category::security) == failed);
}

TEST_CASE("after its deadline a task gets the output, but no agent",
          "[core][fallback]")
{
  auto late = [](const std::string& fallback) {
    auto d = run_of("deadline: 1m, timeout: 5m, fallback: " + fallback);
    d.start("a");
    d.now += 1min;
    d.end("a", {}, end_kind::timed_out);
    return d.state("a");
  };
  CHECK(late("eve") == failed);
  CHECK(late("{output: 1}") == completed);
}

TEST_CASE("each item of a foreach has its own fallback", "[core][fallback]")
{
  auto d = run_of("foreach: [7, 8], fallback: {output: {of: \"${item}\"}}");
  d.work("a[0]", "1");
  d.start("a[1]");
  d.end("a[1]", outcome::give_up("never"));
  CHECK(d.row.state == run_state::completed);
  CHECK(d.row.output.view() == R"({"a":[1,{"of":8}]})");
}

TEST_CASE("a cancel and a retry by command begin without the fallback",
          "[core][fallback]")
{
  auto d = run_of("fallback: {agent: eve, input: [2]}");
  use_up(d);
  d.start("a");
  d.end("a", outcome::give_up("never"));
  REQUIRE(d.state("a") == failed);
  REQUIRE_FALSE(d.r->retry(0, d.me, d.now));
  d.take();
  CHECK(d.r->step_of(d.task("a"))->need->agent == "bob");
  CHECK(d.task("a").input.view() == "[1]");
  d.start("a");
  REQUIRE_FALSE(d.r->cancel(d.me, "", d.now));
  d.take();
  d.end("a", outcome::failed("broken"), end_kind::cancelled);
  CHECK(d.state("a") == cancelled);
}
