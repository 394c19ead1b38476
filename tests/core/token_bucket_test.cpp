#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "core/keyed_rates.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const instant t0 = from_us(1'700'000'000'000'000);

} // namespace

TEST_CASE("a bucket gives a burst, then one at a time", "[core]")
{
  token_bucket b;
  b.set(2, 3);
  CHECK(b.available(t0) == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(b.next(t0) == t0);
    b.take(t0);
  }
  CHECK(b.available(t0) == 0);
  CHECK(b.next(t0) == t0 + 500ms);
  CHECK_FALSE(b.full(t0 + 1499ms));
  CHECK(b.full(t0 + 1500ms));
  CHECK(b.available(t0 + 10h) == 3);
}

TEST_CASE("a token that is not ready at a whole microsecond comes after it",
          "[core]")
{
  token_bucket b;
  b.set(3, 1);
  b.take(t0);
  CHECK(b.next(t0) == t0 + 333'334us);
}

TEST_CASE("odd rates do not overflow", "[core]")
{
  token_bucket b;
  b.set(1e-12, UINT32_MAX);
  b.take(t0);
  CHECK(b.available(t0) >= 1);
  b.set(1e12, 0);
  CHECK(b.next(t0 + 9000h) == t0 + 9000h);
}

TEST_CASE("no window of time sees more than burst and rate allow", "[core]")
{
  CHECK(rc::check("taken <= burst + rate * time", [] {
    token_bucket b;
    auto rate = *rc::gen::inRange(1, 1000);
    auto burst = *rc::gen::inRange(1u, 20u);
    b.set(rate, burst);
    auto now = t0;
    double taken = 0;
    for (int i = 0; i < 200; ++i) {
      now += std::chrono::microseconds{*rc::gen::inRange(0, 5000)};
      if (b.next(now) > now)
        continue;
      b.take(now);
      auto seconds = std::chrono::duration<double>(now - t0).count();
      RC_ASSERT(++taken <= burst + rate * seconds + 1e-6);
    }
  }));
}

TEST_CASE("keys have rates of their own, and made-up keys share one", "[core]")
{
  keyed_rates rates{2};
  auto now = from_us(1'000'000'000'000);
  auto taken = [&](const std::string& key) {
    int n = 0;
    while (rates.take(key, now) == duration{})
      ++n;
    return n;
  };
  CHECK(taken("ann") == 4);
  CHECK(taken("bob") == 4);
  CHECK(rates.take("ann", now) == 500ms);
  now += 1s;
  CHECK(taken("ann") == 2);
  for (int i = 0; rates.keys() < keyed_rates::keys_max; ++i)
    rates.take("made up " + std::to_string(i), now);
  CHECK(taken("one more") + taken("and another") == 4);
  CHECK(rates.keys() == keyed_rates::keys_max);
  now += 1h; // What is full again is forgotten.
  CHECK(taken("another") == 4);
  CHECK(rates.keys() == 1);
  CHECK(keyed_rates{0}.take("ann", now) == duration{});
}
