#include <catch2/catch.hpp>

#include "core/allocation_cast.hpp"

using namespace test::allocation;
using namespace std::chrono_literals;

namespace {

obstacle what(const allocator& alloc, uint32_t n, instant now = t0) {
  auto x = alloc.why(task_id(n), now);
  REQUIRE(x);
  return x->what;
}

} // namespace

TEST_CASE("why: nobody can do it, and what is missing", "[core]")
{
  allocator alloc{{}};
  offer(alloc, a_task(1, need({})));
  CHECK(alloc.why(task_id(1), t0)->text
        == "There is no agent at all; add one.");
  alloc.agent_up(an_agent("ann", {"a"}));
  alloc.agent_up(an_agent("bob", {"b"}));
  offer(alloc, a_task(2, need({"a", "x"})));
  CHECK(what(alloc, 2) == obstacle::no_agent);
  CHECK(alloc.why(task_id(2), t0)->key == "x");
  CHECK(alloc.why(task_id(2), t0)->text
        == "No agent has capability `x`; add one that does.");
  offer(alloc, a_task(3, need({"a", "b"})));
  CHECK(alloc.why(task_id(3), t0)->text
        == "No single agent has all of `a`, `b`; add one, or allow "
           "`partial`.");
  auto pinned = need({"b"});
  pinned->agent = "eve";
  offer(alloc, a_task(4, pinned));
  CHECK(alloc.why(task_id(4), t0)->key == "eve");
  CHECK_FALSE(alloc.why(task_id(99), t0));
}

TEST_CASE("why: agents are busy, ill, or taken", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {}, 1));
  for (uint32_t i = 1; i <= 3; ++i)
    offer(alloc, a_task(i, need({})));
  CHECK(what(alloc, 1) == obstacle::share);
  CHECK(what(alloc, 3) == obstacle::queue);
  CHECK(alloc.why(task_id(3), t0)->position == 2);
  CHECK(decide_one(alloc) == "ann");
  CHECK(what(alloc, 1) == obstacle::assigned);
  CHECK(alloc.why(task_id(1), t0)->key == "ann");
  CHECK(what(alloc, 2) == obstacle::all_busy);
  CHECK(alloc.why(task_id(2), t0)->text
        == "All agents that could do it are full (1 of 1 busy).");
  alloc.agent_state("ann", agent_health::disabled);
  CHECK(what(alloc, 2) == obstacle::no_healthy);
}

TEST_CASE("why: a limit or a rate has no room", "[core]")
{
  plain_permits permits;
  allocator alloc{{}, &permits};
  alloc.agent_up(an_agent("ann", {}, 9));
  auto rated = need({});
  rated->rate_key = "api";
  rated->rate_per_second = 1;
  for (uint32_t i = 1; i <= 2; ++i) {
    auto x = a_task(i, need({}));
    x.concurrency_key = text{"prod"};
    offer(alloc, x);
    offer(alloc, a_task(10 + i, rated));
  }
  CHECK(alloc.decide(t0, 9).size() == 2);
  CHECK(what(alloc, 2) == obstacle::limit);
  CHECK(alloc.why(task_id(2), t0)->key == "key:prod");
  CHECK(what(alloc, 12) == obstacle::rate);
  CHECK(alloc.why(task_id(12), t0)->until == t0 + 1s);
  CHECK(what(alloc, 12, t0 + 1s) == obstacle::share);
}

TEST_CASE("demand lists every class and whether it is possible", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {"a"}));
  for (uint32_t i = 0; i < 5; ++i)
    offer(alloc, a_task(i, need({"a"})));
  offer(alloc, a_task(5, need({"b"})));
  offer(alloc, a_task(6, need({"a"}), "other"));
  auto all = alloc.demand();
  REQUIRE(all.size() == 3);
  CHECK(all[0].queued == 5);
  CHECK(all[0].possible);
  CHECK(all[0].head_queued_at == t0);
  CHECK_FALSE(all[1].possible);
  CHECK(all[2].workspace.view() == "other");
  alloc.withdraw(task_id(5));
  CHECK(alloc.demand().size() == 2);
}

TEST_CASE("a class that nobody can do is reported once, and again after it "
          "could be",
          "[core]")
{
  allocator alloc{{}};
  offer(alloc, a_task(0, need({"rare"})));
  CHECK(alloc.starved(t0 + 59s).empty());
  REQUIRE(alloc.starved(t0 + 60s).size() == 1);
  CHECK(alloc.starved(t0 + 61s).empty());
  alloc.agent_up(an_agent("ann", {"rare"}));
  CHECK(alloc.starved(t0 + 62s).empty());
  alloc.agent_down("ann");
  CHECK(alloc.starved(t0 + 63s).size() == 1);
  alloc.withdraw(task_id(0));
  CHECK(alloc.starved(t0 + 64s).empty());
}
