#include <catch2/catch.hpp>

#include <limits>

#include "core/allocation_cast.hpp"

using namespace test::allocation;
using namespace std::chrono_literals;

TEST_CASE("the score's parts and the runners-up come with a decision", "[core]")
{
  allocator alloc{{}};
  auto ann = an_agent("ann", {"build", "cpp"}, 4);
  ann.specialisation = "linux";
  alloc.agent_up(ann, 1);
  alloc.agent_up(an_agent("bob", {"build", "cpp"}));
  alloc.agent_up(an_agent("cid", {"build", "cpp"}), 2);
  alloc.agent_up(an_agent("dan", {"build"}));
  alloc.performance("ann", "build", 0.9);
  auto what = need({"build", "cpp"});
  what->preferred = {"linux"};
  auto x = a_task(1, what);
  x.attempt = 3;
  x.careful = true;
  offer(alloc, x);
  auto made = alloc.decide(t0, 10);
  REQUIRE(made.size() == 1);
  CHECK(made[0].task == x.task);
  CHECK(made[0].attempt == 3);
  CHECK(made[0].careful);
  CHECK(made[0].agent.view() == "ann");
  const auto& why = made[0].why;
  CHECK(why.capability == 1);
  CHECK(why.load == 0.75);
  CHECK(why.performance == 0.9);
  CHECK(why.specialisation == 1);
  CHECK(why.total == Approx(0.4 + 0.3 * 0.75 + 0.2 * 0.9 + 0.1));
  CHECK(made[0].runners_up[0].agent.view() == "bob");
  CHECK(made[0].runners_up[0].total == Approx(0.4 + 0.3 + 0.2 * 0.5));
  CHECK(made[0].runners_up[1].agent.view() == "cid");
}

TEST_CASE("an agent serves the parents of its capabilities, not the children",
          "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {"deploy.k8s"}));
  CHECK(alloc.anyone_can(*need({"deploy"})));
  CHECK(alloc.anyone_can(*need({"deploy.k8s"})));
  CHECK_FALSE(alloc.anyone_can(*need({"deploy.k8s.eu"})));
  CHECK_FALSE(alloc.anyone_can(*need({"dep"})));
  offer(alloc, a_task(1, need({"deploy"})));
  CHECK(decide_one(alloc) == "ann");
}

TEST_CASE("a partial request is content with some of its capabilities",
          "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {"a"}));
  alloc.agent_up(an_agent("bob", {"c"}));
  auto what = need({"a", "b"});
  CHECK_FALSE(alloc.anyone_can(*what));
  what->partial = true;
  offer(alloc, a_task(1, what));
  auto made = alloc.decide(t0, 1);
  REQUIRE(made.size() == 1);
  CHECK(made[0].agent.view() == "ann");
  CHECK(made[0].why.capability == 0.5);
}

TEST_CASE("a pinned task goes to its agent only", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {"a"}, 1));
  alloc.agent_up(an_agent("bob", {"a"}, 9));
  auto what = need({"a"});
  what->agent = "ann";
  offer(alloc, a_task(1, what));
  offer(alloc, a_task(2, what));
  CHECK(decide_one(alloc) == "ann");
  CHECK(decide_one(alloc).empty());
  CHECK(alloc.freed(task_id(1)));
  CHECK(decide_one(alloc) == "ann");
}

TEST_CASE("ties go to lower cost, our region, the longest unused, the name",
          "[core]")
{
  allocation_options opts;
  opts.region = "eu";
  allocator alloc{opts};
  auto add = [&](const char* name, double cost, const char* region) {
    auto x = an_agent(name, {}, 1'000'000);
    x.cost = cost;
    x.region = region;
    alloc.agent_up(x);
  };
  auto next = [&, n = 0u]() mutable {
    offer(alloc, a_task(++n, need({})));
    auto made = alloc.decide(t0, 1);
    alloc.freed(made.at(0).task);
    return made.at(0).agent.str();
  };
  add("zoe", 2, "us");
  add("yan", 2, "us");
  CHECK(next() == "yan");
  CHECK(next() == "zoe");
  CHECK(next() == "yan");
  add("xia", 2, "eu");
  CHECK(next() == "xia");
  CHECK(next() == "xia");
  add("wim", 1, "us");
  CHECK(next() == "wim");
}

TEST_CASE("draining and disabled agents get nothing until they are healthy",
          "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {}));
  offer(alloc, a_task(1, need({})));
  alloc.agent_state("ann", agent_health::draining);
  CHECK(decide_one(alloc).empty());
  alloc.agent_state("ann", agent_health::disabled);
  CHECK(decide_one(alloc).empty());
  alloc.agent_state("ann", agent_health::healthy);
  CHECK(decide_one(alloc) == "ann");
}

TEST_CASE("an agent that goes down leaves its tasks to be offered again",
          "[core]")
{
  plain_permits permits;
  allocator alloc{{}, &permits};
  alloc.agent_up(an_agent("ann", {"a"}));
  for (uint32_t i = 3; i > 0; --i) {
    auto x = a_task(i, need({"a"}));
    x.concurrency_key = text{"k" + std::to_string(i)};
    offer(alloc, x);
  }
  CHECK(alloc.decide(t0, 10).size() == 3);
  CHECK(alloc.agent_of({task_id(2), 1}).view() == "ann");
  CHECK(alloc.agent_down("ann")
        == std::vector<id>{task_id(1), task_id(2), task_id(3)});
  CHECK(alloc.agent_down("ann").empty());
  CHECK(alloc.assigned() == 0);
  CHECK(permits.used["key:k1"] == 0);
  CHECK_FALSE(alloc.freed(task_id(1)));
  alloc.agent_up(an_agent("ann", {"a"}));
  offer(alloc, a_task(1, need({"a"})));
  CHECK(decide_one(alloc) == "ann");
}

TEST_CASE("an offer is taken once, and a newer attempt replaces an older one",
          "[core]")
{
  allocator alloc{{}};
  auto x = a_task(1, need({}));
  offer(alloc, x);
  offer(alloc, x);
  CHECK(alloc.queued() == 1);
  x.attempt = 2;
  offer(alloc, x);
  CHECK(alloc.queued() == 1);
  alloc.agent_up(an_agent("ann", {}, 1));
  auto made = alloc.decide(t0, 10);
  REQUIRE(made.size() == 1);
  CHECK(made[0].attempt == 2);
  offer(alloc, x); // Sent again: it is already there.
  CHECK(alloc.queued() == 0);
  x.attempt = 3; // The second attempt is over, whoever knows it.
  offer(alloc, x);
  CHECK(alloc.assigned() == 0);
  CHECK(alloc.decide(t0, 10).size() == 1);
}

TEST_CASE("an end that comes late does not free the next attempt", "[core]")
{
  plain_permits permits;
  allocator alloc{{}, &permits};
  alloc.agent_up(an_agent("ann", {}, 1));
  alloc.agent_up(an_agent("bob", {}, 1));
  auto x = a_task(1, need({}));
  x.concurrency_key = text{"k"};
  offer(alloc, x);
  auto first = decide_one(alloc);
  x.attempt = 2;
  offer(alloc, x);
  auto second = decide_one(alloc);
  CHECK(first != second);
  auto other = a_task(2, need({}));
  other.concurrency_key = text{"k"};
  offer(alloc, other);
  CHECK_FALSE(alloc.freed(task_id(1), 1)); // What the first agent says late.
  CHECK(alloc.agent_of({task_id(1), 1}).empty());
  CHECK(alloc.agent_of({task_id(1), 2}).view() == second);
  CHECK(decide_one(alloc).empty());
  CHECK(alloc.freed(task_id(1), 2));
  CHECK_FALSE(decide_one(alloc).empty());
}

TEST_CASE("a withdrawn task is never given", "[core]")
{
  allocator alloc{{}};
  for (uint32_t i = 1; i <= 1000; ++i)
    offer(alloc, a_task(i, need({})));
  for (uint32_t i = 1; i <= 1000; ++i)
    if (i % 10 != 0)
      CHECK(alloc.withdraw(task_id(i)));
  CHECK_FALSE(alloc.withdraw(task_id(1)));
  CHECK(alloc.queued() == 100);
  alloc.agent_up(an_agent("ann", {}, 1000));
  auto made = alloc.decide(t0, 1000);
  REQUIRE(made.size() == 100);
  for (uint32_t i = 0; i < 100; ++i)
    CHECK(made[i].task == task_id(10 * (i + 1)));
  CHECK_FALSE(alloc.withdraw(task_id(10)));
}

TEST_CASE("after a restart running tasks are counted again", "[core]")
{
  plain_permits permits;
  allocator alloc{{}, &permits};
  auto x = a_task(1, need({}));
  x.concurrency_key = text{"prod"};
  CHECK_FALSE(alloc.restore_assigned(x, "ann"));
  alloc.agent_up(an_agent("ann", {}, 2), 1);
  CHECK(alloc.restore_assigned(x, "ann"));
  CHECK_FALSE(alloc.restore_assigned(x, "ann"));
  auto other = a_task(2, need({}));
  other.concurrency_key = text{"prod"};
  offer(alloc, other);
  CHECK(decide_one(alloc).empty()); // The key is taken.
  CHECK(alloc.freed(task_id(1)));
  CHECK(decide_one(alloc) == "ann");
}

TEST_CASE("a host has the last word on its load", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {}, 2), 2);
  offer(alloc, a_task(1, need({})));
  CHECK(decide_one(alloc).empty());
  alloc.agent_load("ann", 1);
  CHECK(decide_one(alloc) == "ann");
}

TEST_CASE("a better past wins, a worse one loses, at once", "[core]")
{
  allocator alloc{{}};
  alloc.agent_up(an_agent("ann", {}, 100));
  alloc.agent_up(an_agent("bob", {}, 100));
  for (uint32_t i = 1; i <= 3; ++i)
    offer(alloc, a_task(i, need({}, "build")));
  alloc.performance("bob", "test", 1); // Another type: no matter.
  CHECK(decide_one(alloc) == "ann");
  alloc.performance("ann", "build", 1);
  CHECK(decide_one(alloc) == "ann");
  alloc.performance("ann", "build", 0);
  CHECK(decide_one(alloc) == "bob");
}

TEST_CASE("options that make no sense are all reported", "[core]")
{
  CHECK(check(allocation_options{}).empty());
  allocation_options opts;
  opts.weights.load = 0.4;
  opts.performance_unknown = 2;
  opts.ageing_step = -1s;
  CHECK(check(opts).size() == 3);
  opts.weights.load = std::numeric_limits<double>::quiet_NaN();
  CHECK(check(opts).size() == 4);
  CHECK(check(workspace_share{}).empty());
  CHECK(check(workspace_share{0, 0}).size() == 1);
}
