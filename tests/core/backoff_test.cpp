#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "core/backoff.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const instant t0 = from_us(1'700'000'000'000'000);
const failure net{errc::agent_failed, category::network, "reset"};

retry_question ask_after(uint32_t retries) {
  retry_question ask;
  ask.retries_used = retries;
  ask.now = t0;
  return ask;
}

} // namespace

TEST_CASE("waits double up to the cap, and jitter comes on top", "[core]")
{
  backoff_policy how;
  CHECK(nominal_delay(how, 1) == 1s);
  CHECK(nominal_delay(how, 2) == 2s);
  CHECK(nominal_delay(how, 5) == 16s);
  CHECK(nominal_delay(how, 6) == 30s);
  CHECK(nominal_delay(how, 4'000'000'000u) == 30s);
  CHECK(nominal_delay(how, 2, true) == 4s);
  CHECK(with_jitter(30s, how, 0.5) == 31500ms);
  CHECK(with_jitter(10s, how, 0) == 10s);
}

TEST_CASE("a failed step is tried again while retries remain", "[core]")
{
  step s;
  auto first = decide_retry(s, net, ask_after(0));
  CHECK(first.at == t0 + 1s);
  CHECK(first.why_not.empty());
  CHECK(decide_retry(s, net, ask_after(2)).at == t0 + 4s);
  auto last = decide_retry(s, net, ask_after(3));
  CHECK_FALSE(last.at);
  CHECK(last.why_not == "all 3 retries are used");
  s.retries = 0;
  CHECK(decide_retry(s, net, ask_after(0)).why_not
        == "the step has no retries");
}

TEST_CASE("what would fail again is given up at once", "[core]")
{
  step s;
  for (auto kind : {category::validation, category::security,
                    category::business, category::cancelled}) {
    auto got = decide_retry(s, {errc::agent_failed, kind, ""}, ask_after(0));
    CHECK_FALSE(got.at);
    CHECK_THAT(got.why_not, Catch::Contains(std::string{to_string(kind)}));
  }
  s.at_most_once = true;
  CHECK_THAT(decide_retry(s, net, ask_after(0)).why_not,
             Catch::Contains("at_most_once"));
}

TEST_CASE("Retry-After is a floor, even over the cap", "[core]")
{
  step s;
  auto ask = ask_after(0);
  ask.retry_after = 2min;
  CHECK(decide_retry(s, net, ask).at == t0 + 2min);
  ask.retry_after = 10ms;
  CHECK(decide_retry(s, net, ask).at == t0 + 1s);
  ask.retry_after = 999h;
  CHECK(decide_retry(s, net, ask).at == t0 + retry_after_max);
}

TEST_CASE("the deadline wins", "[core]")
{
  step s;
  auto ask = ask_after(0);
  ask.deadline = t0 + 1s;
  CHECK_FALSE(decide_retry(s, net, ask).at);
  ask.deadline = t0 + 1001ms;
  CHECK(decide_retry(s, net, ask).at == t0 + 1s);
}

TEST_CASE("waits grow with each retry and stay within their bounds", "[core]")
{
  CHECK(rc::check("monotone and bounded", [] {
    backoff_policy how;
    how.base = std::chrono::milliseconds{*rc::gen::inRange(1, 100'000)};
    how.max = how.base * *rc::gen::inRange(1, 1000);
    how.factor = 1 + *rc::gen::inRange(0, 50) / 10.0;
    auto nth = *rc::gen::inRange(1u, 100u);
    auto delay = nominal_delay(how, nth);
    RC_ASSERT(delay >= how.base && delay <= how.max);
    RC_ASSERT(nominal_delay(how, nth + 1) >= delay);
    auto shaken = with_jitter(delay, how, *rc::gen::inRange(0, 100) / 100.0);
    RC_ASSERT(shaken >= delay && shaken.count() <= delay.count() * 1.1);
  }));
}
