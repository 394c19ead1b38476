#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include <rapidcheck.h>

#include "core/timer_wheel.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const instant t0 = from_us(1'700'000'000'123'000);

std::vector<uint64_t> values(const std::vector<due_timer>& all) {
  std::vector<uint64_t> out;
  for (const auto& x : all)
    out.push_back(x.value);
  return out;
}

using list = std::vector<uint64_t>;

} // namespace

TEST_CASE("timers come in due order and never early", "[core]")
{
  timer_wheel wheel;
  wheel.advance(t0);
  wheel.arm(1, 10, t0 + 5min);
  wheel.arm(2, 20, t0 + 1500us);
  wheel.arm(3, 30, t0 + 1200us);
  CHECK(wheel.advance(t0 + 1999us).empty());
  CHECK(wheel.advance(t0 + 2ms)
        == std::vector<due_timer>{{3, 30, t0 + 1200us}, {2, 20, t0 + 1500us}});
  CHECK(wheel.advance(t0 + 5min - 1us).empty());
  CHECK(values(wheel.advance(t0 + 5min)) == list{1});
  CHECK(wheel.size() == 0);
}

TEST_CASE("timers of one instant come in the order of arming", "[core]")
{
  timer_wheel wheel;
  for (uint64_t i = 0; i < 5; ++i)
    wheel.arm(i, 0, t0 + 1h);
  CHECK(values(wheel.advance(t0 + 1h)) == list{0, 1, 2, 3, 4});
}

TEST_CASE("a timer in the past is due at once, even at the same instant",
          "[core]")
{
  timer_wheel wheel;
  wheel.advance(t0);
  wheel.arm(1, 0, t0 - 1h);
  wheel.arm(2, 0, no_instant);
  CHECK(wheel.next_due() <= t0);
  CHECK(values(wheel.advance(t0)) == list{2, 1});
  wheel.arm(3, 0, t0);
  CHECK(values(wheel.advance(t0)) == list{3});
  // Time that goes back changes nothing.
  wheel.arm(4, 0, t0);
  CHECK(values(wheel.advance(t0 - 1h)).empty());
  CHECK(values(wheel.advance(t0)) == list{4});
}

TEST_CASE("a cancelled timer is gone and its handle stale", "[core]")
{
  timer_wheel wheel;
  auto a = wheel.arm(1, 0, t0 + 1s);
  auto b = wheel.arm(2, 0, t0 + 1s);
  CHECK(wheel.cancel(a));
  CHECK_FALSE(wheel.cancel(a));
  CHECK_FALSE(wheel.cancel({}));
  auto c = wheel.arm(3, 0, t0 + 1s); // Takes the place of the first.
  CHECK_FALSE(wheel.cancel(a));
  CHECK(values(wheel.advance(t0 + 1s)) == list{2, 3});
  CHECK_FALSE(wheel.cancel(b));
  CHECK_FALSE(wheel.cancel(c));
}

TEST_CASE("a cancelled million gives its memory back", "[core]")
{
  timer_wheel wheel;
  wheel.cancel(wheel.arm(0, 0, t0)); // One block is always kept.
  auto start = wheel.memory_bytes();
  std::vector<timer_handle> all;
  for (uint32_t i = 0; i < 1'000'000; ++i)
    all.push_back(wheel.arm(i, i, t0 + std::chrono::milliseconds{i % 300'000}));
  CHECK(wheel.memory_bytes() < start + 34'000'000);
  for (auto x : all)
    wheel.cancel(x);
  CHECK(wheel.size() == 0);
  CHECK(wheel.memory_bytes() * 10 <= start * 11);
  CHECK_FALSE(wheel.next_due());
}

TEST_CASE("far timers wake the wheel at most once for each level", "[core]")
{
  timer_wheel wheel;
  wheel.advance(t0);
  auto due = t0 + std::chrono::hours{24 * 365 * 3};
  wheel.arm(1, 0, due);
  int wakes = 0;
  std::vector<due_timer> got;
  for (; got.empty(); ++wakes) {
    REQUIRE(wakes < 9);
    REQUIRE(*wheel.next_due() <= due);
    got = wheel.advance(*wheel.next_due());
  }
  CHECK(got[0].due == due);
}

TEST_CASE("an instant beyond the wheel's end is as good as never", "[core]")
{
  timer_wheel wheel;
  wheel.arm(1, 0, instant::max());
  CHECK(wheel.advance(t0 + std::chrono::hours{1'000'000}).empty());
  CHECK(wheel.size() == 1);
}

namespace {

/// The same, slow and plain.
struct slow_wheel {
  struct entry {
    due_timer what;
    timer_handle handle;
  };
  std::vector<entry> all;

  std::vector<due_timer> advance(instant now) {
    auto reached = [now](const entry& x) {
      auto ms = std::chrono::ceil<std::chrono::milliseconds>(x.what.due);
      return ms <= std::chrono::floor<std::chrono::milliseconds>(now);
    };
    auto rest = std::stable_partition(all.begin(), all.end(), reached);
    std::stable_sort(all.begin(), rest,
                     [](auto& a, auto& b) { return a.what.due < b.what.due; });
    std::vector<due_timer> out;
    for (auto pos = all.begin(); pos != rest; ++pos)
      out.push_back(pos->what);
    all.erase(all.begin(), rest);
    return out;
  }
};

} // namespace

TEST_CASE("the wheel does what a plain list does", "[core]")
{
  CHECK(rc::check("wheel == list", [] {
    timer_wheel wheel;
    slow_wheel plain;
    auto now = t0;
    uint64_t value = 0;
    auto steps = *rc::gen::inRange(0, 200);
    for (int i = 0; i < steps; ++i) {
      auto what = *rc::gen::inRange(0, 10);
      // All scales: from microseconds to weeks.
      auto span = duration{*rc::gen::inRange<int64_t>(0, 1'000)
                           << *rc::gen::inRange(0, 34)};
      if (what < 6) {
        auto due = now + span - 1ms;
        auto handle = wheel.arm(++value, 7, due);
        plain.all.push_back({{value, 7, due}, handle});
      } else if (what < 8 && !plain.all.empty()) {
        auto which = *rc::gen::inRange<size_t>(0, plain.all.size());
        RC_ASSERT(wheel.cancel(plain.all[which].handle));
        plain.all.erase(plain.all.begin() + static_cast<ptrdiff_t>(which));
      } else {
        now += span;
        RC_ASSERT(wheel.advance(now) == plain.advance(now));
      }
      RC_ASSERT(wheel.size() == plain.all.size());
      auto next = wheel.next_due();
      RC_ASSERT(next.has_value() == !plain.all.empty());
      for (const auto& x : plain.all)
        RC_ASSERT(*next <= std::max(x.what.due + 1ms, now));
    }
  }));
}
