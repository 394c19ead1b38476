#include <catch2/catch.hpp>

#include "core/allocation_cast.hpp"

using namespace test::allocation;

// Costs in looks at entries and in bytes: no clock.

namespace {

/// Entries looked at for `n` decisions.
uint64_t cost(allocator& alloc, uint32_t n) {
  auto before = alloc.steps();
  CHECK(alloc.decide(t0, n).size() == n);
  CHECK(alloc.decide(t0, n).empty());
  return alloc.steps() - before;
}

void offer_many(allocator& to, uint32_t first, uint32_t n,
                const std::shared_ptr<const needs>& what) {
  std::vector<ready> all;
  for (uint32_t i = first; i < first + n; ++i)
    all.push_back(a_task(i, what));
  to.offer(all);
}

} // namespace

TEST_CASE("a million tasks that nobody can do do not slow a thousand others",
          "[core]")
{
  uint64_t costs[2] = {};
  for (uint32_t blocked : {0u, 1'000'000u}) {
    allocator alloc{{}};
    alloc.agent_up(an_agent("ann", {"a"}, 1000));
    if (blocked > 0)
      offer_many(alloc, 1'000'000, blocked, need({"nobody"}));
    offer_many(alloc, 0, 1000, need({"a"}));
    costs[blocked > 0] = cost(alloc, 1000);
  }
  CHECK(costs[1] == costs[0]);
  CHECK(costs[0] < 6000);
}

TEST_CASE("ten thousand classes without an agent are not looked at", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {"a"}, 100));
  for (uint32_t i = 0; i < 10'000; ++i)
    offer(alloc, a_task(1000 + i, need({"x" + std::to_string(i)})));
  offer_many(alloc, 0, 100, need({"a"}));
  CHECK(cost(alloc, 100) < 600);
}

TEST_CASE("a decision looks at a few agents however many there are", "[core]")
{
  auto of = [](uint32_t agents) {
    allocator alloc{{}};
    for (uint32_t i = 0; i < agents; ++i)
      alloc.agent_up(an_agent("n" + std::to_string(i), {"a"}, 10));
    offer_many(alloc, 0, 500, need({"a"}));
    return cost(alloc, 500);
  };
  auto few = of(100);
  CHECK(of(5000) <= few);
  CHECK(few < 500 * 8);
}

TEST_CASE("a full house costs nothing until somebody is freed", "[core]")
{
  allocator alloc{{}};
  for (uint32_t i = 0; i < 1000; ++i)
    alloc.agent_up(an_agent("n" + std::to_string(i), {"a"}, 1));
  offer_many(alloc, 0, 3000, need({"a"}));
  alloc.decide(t0, 5000);
  auto before = alloc.steps();
  CHECK(alloc.decide(t0, 5000).empty());
  CHECK(alloc.steps() == before);
  alloc.freed(task_id(17));
  CHECK(alloc.decide(t0, 5000).size() == 1);
  CHECK(alloc.steps() - before < 10);
}

TEST_CASE("a queued task takes at most 64 bytes", "[core]")
{
  allocator alloc{{}};
  for (uint32_t n : {100'000u, 300'000u, 600'000u, 1'000'000u}) {
    auto known = static_cast<uint32_t>(alloc.queued());
    offer_many(alloc, known, n - known, need({"a" + std::to_string(n % 7)}));
    CHECK(alloc.queue_bytes() <= 64 * alloc.queued());
  }
}

TEST_CASE("classes without tasks are forgotten beyond the limit", "[core]")
{
  allocation_options opts;
  opts.idle_classes_max = 10;
  allocator alloc{opts};
  alloc.agent_up(an_agent("ann", {"a"}, 1'000'000));
  for (uint32_t i = 0; i < 1000; ++i) {
    auto x = a_task(i, need({"a"}, "type" + std::to_string(i)),
                    "team" + std::to_string(i));
    x.concurrency_key = text{"key" + std::to_string(i)};
    offer(alloc, x);
    REQUIRE(alloc.decide(t0, 9).size() == 1);
    REQUIRE(alloc.freed(x.task));
  }
  CHECK(alloc.classes() <= 12);
}
