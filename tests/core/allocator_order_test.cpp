#include <catch2/catch.hpp>

#include <map>

#include "core/allocation_cast.hpp"
#include "core/limits.hpp"

using namespace test::allocation;
using namespace std::chrono_literals;

namespace {

/// One slot that is free again after each decision: who comes next.
struct single_slot {
  explicit single_slot(permit_source* permits = nullptr) : alloc{{}, permits} {
    alloc.agent_up(an_agent("ann", {}, 1));
  }

  ready next() {
    auto made = alloc.decide(now, 10);
    REQUIRE(made.size() == 1);
    alloc.freed(made[0].task);
    return known.at(made[0].task);
  }

  void offer(const ready& x) {
    known[x.task] = x;
    test::allocation::offer(alloc, x);
  }

  allocator alloc;
  instant now = t0;
  std::map<id, ready> known;
};

} // namespace

TEST_CASE("within a workspace priority goes first, then age", "[core]")
{
  single_slot x;
  auto low = a_task(1, need({}));
  low.priority = 4;
  x.offer(low);
  x.offer(a_task(3, need({})));
  x.offer(a_task(2, need({}, "other"))); // Another class, the same order.
  CHECK(x.next().task == task_id(2));
  CHECK(x.next().task == task_id(3));
  CHECK(x.next().task == task_id(1));
}

TEST_CASE("a task of priority 1 is not starved by a stream of priority 10",
          "[core]")
{
  single_slot x;
  auto low = a_task(1, need({}));
  low.priority = 1;
  x.offer(low);
  uint32_t before = 0;
  for (uint32_t i = 2; i < 1000; ++i) {
    auto high = a_task(i, need({}));
    high.priority = 10;
    high.queued_at = t0 + i * 1s; // One comes, one goes, each second.
    x.offer(high);
    if (x.next().task == low.task)
      break;
    ++before;
  }
  // Nine steps of 60 s, then it is older than any newcomer.
  CHECK(before > 500);
  CHECK(before < 545);
}

TEST_CASE("workspaces get agents in proportion to their weights", "[core]")
{
  single_slot x;
  x.alloc.share(text{"big"}, {3, 0});
  std::map<std::string, int> served;
  for (uint32_t i = 0; i < 400; ++i) {
    x.offer(a_task(i, need({}), "big"));
    x.offer(a_task(1000 + i, need({}), "small"));
  }
  for (int i = 1; i <= 400; ++i) {
    ++served[x.next().workspace.str()];
    CHECK(std::abs(served["big"] - 3 * served["small"]) <= 3);
  }
  CHECK(served["small"] == 100);
}

TEST_CASE("a workspace that was idle saved nothing up", "[core]")
{
  single_slot x;
  for (uint32_t i = 0; i < 200; ++i)
    x.offer(a_task(i, need({}), "busy"));
  for (int i = 0; i < 100; ++i)
    x.next();
  for (uint32_t i = 0; i < 50; ++i)
    x.offer(a_task(1000 + i, need({}), "late"));
  std::map<std::string, int> served;
  for (int i = 0; i < 20; ++i)
    ++served[x.next().workspace.str()];
  CHECK(served["late"] == 10);
}

TEST_CASE("a workspace that nobody could serve catches up within bounds",
          "[core]")
{
  single_slot x;
  for (uint32_t i = 0; i < 1000; ++i) {
    x.offer(a_task(i, need({}), "lucky"));
    x.offer(a_task(1000 + i, need({"rare"}), "waiting"));
  }
  for (int i = 0; i < 500; ++i)
    CHECK(x.next().workspace.view() == "lucky");
  x.alloc.agent_up(an_agent("ann", {"rare"}, 1));
  std::map<std::string, int> served;
  for (int i = 0; i < 200; ++i)
    ++served[x.next().workspace.str()];
  CHECK(served["waiting"] == 64 + (200 - 64) / 2);
}

TEST_CASE("a workspace at its cap waits for its own tasks only", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {}, 10));
  alloc.share(text{"a"}, {1, 2});
  for (uint32_t i = 1; i <= 4; ++i)
    offer(alloc, a_task(i, need({}), "a"));
  offer(alloc, a_task(9, need({}), "b"));
  CHECK(alloc.decide(t0, 10).size() == 3);
  CHECK(alloc.why(task_id(3), t0)->what == obstacle::workspace_cap);
  alloc.freed(task_id(9));
  CHECK(alloc.decide(t0, 10).empty());
  alloc.freed(task_id(1));
  CHECK(alloc.decide(t0, 10).size() == 1);
  alloc.share(text{"a"}, {1, 0});
  CHECK(alloc.decide(t0, 10).size() == 1);
}

TEST_CASE("a class without permits is passed over until they are released",
          "[core]")
{
  plain_permits permits;
  allocator alloc{{}, &permits};
  alloc.agent_up(an_agent("ann", {}, 10));
  for (uint32_t i = 1; i <= 2; ++i) {
    auto x = a_task(i, need({}));
    x.concurrency_key = text{"prod"};
    offer(alloc, x);
  }
  offer(alloc, a_task(3, need({})));
  CHECK(alloc.decide(t0, 10).size() == 2);
  CHECK(alloc.decide(t0, 10).empty());
  CHECK_FALSE(alloc.wake_at());
  alloc.freed(task_id(3));
  CHECK(alloc.decide(t0, 10).empty());
  alloc.freed(task_id(1));
  CHECK(alloc.decide(t0, 10).size() == 1);
}

TEST_CASE("a class without a rate wakes at the time, not before", "[core]")
{
  plain_permits permits;
  allocator alloc{{}, &permits};
  alloc.agent_up(an_agent("ann", {}, 10));
  auto what = need({});
  what->rate_key = "api";
  what->rate_per_second = 1;
  offer(alloc, a_task(1, what));
  offer(alloc, a_task(2, what));
  CHECK(alloc.decide(t0, 10).size() == 1);
  REQUIRE(alloc.wake_at() == t0 + 1s);
  CHECK(alloc.decide(t0 + 999ms, 10).empty());
  CHECK(alloc.decide(t0 + 1s, 10).size() == 1);
  CHECK_FALSE(alloc.wake_at());
}

TEST_CASE("the node's limits plug in, and what is given back wakes who waits",
          "[core]")
{
  limits permits{{{{"gpu", 2}}, 100, 1s}};
  allocator alloc{{}, &permits};
  alloc.agent_up(an_agent("ann", {}, 10));
  auto what = need({});
  what->resources["gpu"] = 2;
  for (uint32_t i = 1; i <= 3; ++i)
    offer(alloc, a_task(i, what));
  CHECK(alloc.decide(t0, 10).size() == 1);
  CHECK(alloc.why(task_id(2), t0)->key == "resource:gpu");
  alloc.freed(task_id(1));
  CHECK(alloc.decide(t0, 10).size() == 1);
  CHECK(alloc.decide(t0, 10).empty());
  alloc.freed(task_id(2));
  CHECK(alloc.decide(t0, 10).size() == 1);
}
