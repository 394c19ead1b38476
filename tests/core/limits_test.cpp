#include <catch2/catch.hpp>

#include <algorithm>

#include <rapidcheck.h>

#include "core/limits.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const instant t0 = from_us(1'700'000'000'000'000);
const id run0 = id::make(t0, 1, 1);

needs with_limit(uint32_t limit) {
  needs n;
  n.concurrency_limit = limit;
  return n;
}

needs with_rate(double per_second, uint32_t burst) {
  needs n;
  n.rate_key = "mail";
  n.rate_per_second = per_second;
  n.rate_burst = burst;
  return n;
}

using keys = std::vector<std::string>;

} // namespace

TEST_CASE("a concurrency key holds as many tasks as its limit", "[core]")
{
  limits all;
  auto n = with_limit(2);
  permit_request ask{"acme", n, "deploy"};
  CHECK_FALSE(all.take(run0.with(1), ask, t0));
  CHECK_FALSE(all.take(run0.with(1), ask, t0)); // Has it already.
  CHECK_FALSE(all.take(run0.with(2), ask, t0));
  auto why = all.take(run0.with(3), ask, t0);
  REQUIRE(why);
  CHECK(why->key == "key:acme/deploy");
  CHECK(why->state == "2 of 2 in use");
  CHECK(why->until == no_instant);
  CHECK(all.in_use() == std::vector<limit_use>{{"key:acme/deploy", 2, 2}});
  // Another workspace has keys of its own.
  CHECK_FALSE(all.take(run0.with(4), {"other", n, "deploy"}, t0));
  CHECK(all.release(run0.with(1)) == keys{"key:acme/deploy"});
  CHECK(all.release(run0.with(1)).empty());
  CHECK_FALSE(all.take(run0.with(3), ask, t0));
}

TEST_CASE("exclusive means alone, whoever comes first", "[core]")
{
  limits all;
  auto shared = with_limit(5);
  auto alone = with_limit(5);
  alone.exclusive = true;
  permit_request plain{"w", shared, "db"}, exclusive{"w", alone, "db"};
  CHECK_FALSE(all.take(run0.with(1), plain, t0));
  CHECK_THAT(all.take(run0.with(2), exclusive, t0)->state,
             Catch::Contains("1 in use"));
  all.release(run0.with(1));
  CHECK_FALSE(all.take(run0.with(2), exclusive, t0));
  CHECK_THAT(all.take(run0.with(1), plain, t0)->state,
             Catch::Contains("exclusively"));
  all.release(run0.with(2));
  CHECK_FALSE(all.take(run0.with(1), plain, t0));
}

TEST_CASE("a rate says when its next token comes", "[core]")
{
  limits all;
  auto n = with_rate(10, 2);
  permit_request ask{"w", n, ""};
  CHECK_FALSE(all.take(run0.with(1), ask, t0));
  CHECK_FALSE(all.take(run0.with(2), ask, t0));
  auto why = all.take(run0.with(3), ask, t0);
  REQUIRE(why);
  CHECK(why->key == "rate:w/mail");
  CHECK(why->state == "10 per second are used up");
  CHECK(why->until == t0 + 100ms);
  CHECK(all.take(run0.with(3), ask, t0 + 100ms - 1us));
  CHECK_FALSE(all.take(run0.with(3), ask, t0 + 100ms));
  CHECK(all.release(run0.with(3)).empty()); // Spent is spent.
  CHECK(all.take(run0.with(4), ask, t0 + 199ms));
}

TEST_CASE("resources are shared up to their total", "[core]")
{
  limits all{{{{"gpu", 2}, {"memory", 1}}, 100, 1s}};
  needs n;
  n.resources = {{"gpu", 1}, {"memory", 0.1}};
  permit_request ask{"w", n, ""};
  CHECK_FALSE(all.take(run0.with(1), ask, t0));
  CHECK_FALSE(all.take(run0.with(2), ask, t0));
  auto why = all.take(run0.with(3), ask, t0);
  REQUIRE(why);
  CHECK(why->key == "resource:gpu");
  CHECK(why->state == "2 of 2 in use, it asks for 1");
  CHECK(all.release(run0.with(1)) == keys{"resource:gpu", "resource:memory"});
  CHECK_FALSE(all.take(run0.with(3), ask, t0));
  needs odd;
  odd.resources = {{"tpu", 1}};
  CHECK_THAT(all.take(run0.with(4), {"w", odd, ""}, t0)->state,
             Catch::Contains("raise `resources`"));
}

TEST_CASE("more of a resource than there is never comes", "[core]")
{
  limits all{{{{"gpu", 2}}, 100, 1s}};
  needs n;
  n.resources = {{"gpu", 2}};
  permit_request ask{"w", n, ""};
  CHECK_FALSE(all.take(run0.with(1), ask, t0));
  CHECK_FALSE(all.never(ask)); // In use, but it comes back.
  n.resources = {{"gpu", 2.5}};
  REQUIRE(all.never(ask));
  CHECK(all.never(ask)->key == "resource:gpu");
  n.resources = {{"tpu", 0.5}};
  CHECK_THAT(all.never(ask)->state, Catch::Contains("this node has 0 in all"));
}

TEST_CASE("a task gets all it asks for or nothing", "[core]")
{
  limits all{{{{"gpu", 1}}, 100, 1s}};
  auto n = with_rate(1, 1);
  n.resources = {{"gpu", 1}};
  permit_request ask{"w", n, "k"};
  CHECK_FALSE(all.take(run0.with(1), ask, t0));
  all.release(run0.with(1));
  // The rate refuses; key and resource stay free.
  CHECK(all.take(run0.with(2), ask, t0)->key == "rate:w/mail");
  CHECK(all.in_use().empty());
  CHECK(all.holders() == 0);
}

TEST_CASE("what was held before a restart is held beyond the limit", "[core]")
{
  limits all;
  auto n = with_limit(1);
  permit_request ask{"w", n, "k"};
  all.restore(run0.with(1), ask);
  all.restore(run0.with(2), ask);
  CHECK(all.in_use() == std::vector<limit_use>{{"key:w/k", 2, 1}});
  all.release(run0.with(1));
  CHECK(all.blocked_by(ask, t0)->state == "1 of 1 in use");
  all.release(run0.with(2));
  CHECK_FALSE(all.blocked_by(ask, t0));
}

TEST_CASE("the number of keys is bounded by name", "[core]")
{
  limits all{{{}, 2, 1s}};
  auto n = with_limit(1);
  auto rate = with_rate(10, 1);
  CHECK_FALSE(all.take(run0.with(1), {"w", n, "a"}, t0));
  CHECK_FALSE(all.take(run0.with(2), {"w", rate, ""}, t0));
  auto why = all.take(run0.with(3), {"w", n, "b"}, t0);
  REQUIRE(why);
  CHECK(why->key == "keys_max");
  CHECK(why->until == t0 + 1s);
  // A rate that rests is forgotten and makes room.
  CHECK_FALSE(all.take(run0.with(3), {"w", n, "b"}, t0 + 1s));
}

TEST_CASE("no limit is ever exceeded, and all comes back", "[core]")
{
  CHECK(rc::check("bounded and balanced", [] {
    limits all{{{{"gpu", 3}}, 100, 1s}};
    needs kinds[3];
    kinds[0].concurrency_limit = 2;
    kinds[1].exclusive = true;
    kinds[2].resources = {{"gpu", 1.5}};
    std::vector<std::pair<uint32_t, int>> holders;
    auto count = [&](int kind) {
      return std::count_if(holders.begin(), holders.end(),
                           [kind](auto& x) { return x.second == kind; });
    };
    for (uint32_t i = 1; i <= 60; ++i) {
      auto kind = *rc::gen::inRange(0, 3);
      if (*rc::gen::inRange(0, 3) > 0) {
        permit_request ask{"w", kinds[kind], kind == 2 ? "" : "k"};
        bool room = kind == 0   ? count(0) < 2 && count(1) == 0
                    : kind == 1 ? count(0) + count(1) == 0
                                : count(2) < 2;
        RC_ASSERT(all.take(run0.with(i), ask, t0).has_value() != room);
        if (room)
          holders.push_back({i, kind});
      } else if (!holders.empty()) {
        auto which = *rc::gen::inRange<size_t>(0, holders.size());
        RC_ASSERT(!all.release(run0.with(holders[which].first)).empty());
        holders.erase(holders.begin() + static_cast<ptrdiff_t>(which));
      }
      RC_ASSERT(all.holders() == holders.size());
    }
    for (const auto& x : holders)
      all.release(run0.with(x.first));
    RC_ASSERT(all.in_use().empty());
  }));
}
