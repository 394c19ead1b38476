#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

#include "core/restart_policy.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const auto t0 = from_us(1'000'000'000);

double unit(std::mt19937_64& rng) {
  return std::uniform_real_distribution<double>{0, 1}(rng);
}

} // namespace

TEST_CASE("no window of any schedule has more restarts than allowed", "[core]")
{
  for (uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 rng{seed};
    restart_intensity limit{static_cast<uint32_t>(rng() % 5),
                            duration{1 + rng() % 1000}};
    restart_window window{limit};
    std::vector<instant> allowed;
    auto now = t0;
    for (int i = 0; i < 200; ++i) {
      now += duration{rng() % 400};
      auto recent =
        std::count_if(allowed.begin(), allowed.end(),
                      [&](instant t) { return now - t < limit.window; });
      auto room = static_cast<uint32_t>(recent) < limit.max;
      REQUIRE(window.allow(now) == room);
      if (room)
        allowed.push_back(now);
    }
  }
}

TEST_CASE("the first restart is immediate and backoff begins with the second",
          "[core]")
{
  restart_backoff how{.min = 100ms, .max = 1s, .factor = 3, .jitter = 0};
  backoff_schedule schedule{how};
  CHECK(schedule.next(t0, {}, 0.5) == 0ms);
  CHECK(schedule.next(t0, {}, 0.5) == 100ms);
  CHECK(schedule.next(t0, {}, 0.5) == 300ms);
  CHECK(schedule.next(t0, {}, 0.5) == 900ms);
  CHECK(schedule.next(t0, {}, 0.5) == 1s);
}

TEST_CASE("delays grow within their jitter, whatever the parameters", "[core]")
{
  for (uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 rng{seed};
    restart_backoff how;
    how.min = duration{1 + rng() % 1'000'000};
    how.max = how.min + duration{rng() % 100'000'000};
    how.factor = 1 + 4 * unit(rng);
    how.jitter = 0.9 * unit(rng);
    backoff_schedule schedule{how};
    duration before{0};
    for (uint32_t n = 1; n < 80; ++n) {
      auto nominal = nominal_backoff(how, n);
      REQUIRE(nominal >= before);
      REQUIRE(nominal <= how.max);
      auto spread = static_cast<double>(nominal.count()) * how.jitter + 1;
      auto off = schedule.next(t0, {}, unit(rng)) - nominal;
      REQUIRE(std::abs(static_cast<double>(off.count())) <= spread);
      before = nominal;
    }
  }
}

TEST_CASE("a quiet life resets the backoff, a shorter one does not", "[core]")
{
  restart_backoff how{.min = 100ms, .jitter = 0, .reset_after = 10s};
  backoff_schedule schedule{how};
  CHECK(schedule.next(t0, t0, 0) == 0ms);
  CHECK(schedule.next(t0 + 9s, t0, 0) == 100ms);
  CHECK(schedule.next(t0 + 10s, t0, 0) == 0ms);
  CHECK(schedule.next(t0 + 11s, t0 + 10s, 0) == 100ms);
}

TEST_CASE("a failure far down a long series does not overflow", "[core]")
{
  restart_backoff how{.max = 30s, .factor = 1e6, .jitter = 0};
  CHECK(nominal_backoff(how, UINT32_MAX) == 30s);
}

TEST_CASE("permanent returns always, transient after failures, temporary never",
          "[core]")
{
  CHECK(comes_back(restart_when::permanent, true));
  CHECK(comes_back(restart_when::permanent, false));
  CHECK_FALSE(comes_back(restart_when::transient, true));
  CHECK(comes_back(restart_when::transient, false));
  CHECK_FALSE(comes_back(restart_when::temporary, true));
  CHECK_FALSE(comes_back(restart_when::temporary, false));
}

TEST_CASE("each strategy stops its siblings in reverse", "[core]")
{
  using keys = std::vector<uint64_t>;
  keys others{1, 2, 4, 7};
  CHECK(stop_order(restart_strategy::one_for_one, 3, others) == keys{});
  CHECK(stop_order(restart_strategy::dynamic, 3, others) == keys{});
  CHECK(stop_order(restart_strategy::rest_for_one, 3, others) == keys{7, 4});
  CHECK(stop_order(restart_strategy::one_for_all, 3, others)
        == keys{7, 4, 2, 1});
}

TEST_CASE("significant children end their supervisor as it was told", "[core]")
{
  CHECK_FALSE(shuts_down(auto_shutdown::never, 0, 1));
  CHECK(shuts_down(auto_shutdown::any_significant, 5, 1));
  CHECK_FALSE(shuts_down(auto_shutdown::any_significant, 5, 0));
  CHECK_FALSE(shuts_down(auto_shutdown::all_significant, 1, 1));
  CHECK(shuts_down(auto_shutdown::all_significant, 0, 1));
  CHECK_FALSE(shuts_down(auto_shutdown::all_significant, 0, 0));
}
