#include <catch2/catch.hpp>

#include "actors/house_stage.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A coordinator between one scripted shard and one scripted host, `ann`.
struct cast : house_stage {
  neighbour shard{sys};
  neighbour ann{sys};
  coordinator_actor chooser;

  cast() {
    place(shard_names, "0", shard.handle);
    place(home->agents, "ann", ann.handle);
    home->members->add("ann", false);
    begin();
  }
  ~cast() { end(); }

  void begin() {
    house_ptr shared = home;
    chooser = sys.spawn(coordinator, shared);
    place(names, "coordinator", caf::actor_cast<caf::actor>(chooser));
    settle();
  }
  void end() {
    if (chooser)
      caf::anon_send_exit(chooser, caf::exit_reason::kill);
    chooser = nullptr;
    settle();
  }

  hello hi(std::vector<token> running = {}, uint64_t generation = 1) {
    hello x;
    x.who.name = "ann";
    x.who.capabilities = {"a"};
    x.who.max_load = 2;
    x.generation = generation;
    x.running = std::move(running);
    return x;
  }
  template <class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(chooser, std::forward<Ts>(xs)...);
    settle();
  }
  void all_is_quiet() {
    tell(hi());
    tell(running_list{0, true, {}});
  }
  /// Numbers of the tasks that ann was given, since the last call.
  std::vector<uint32_t> given() {
    std::vector<uint32_t> list;
    while (auto x = ann.take<assignment_list>())
      for (const auto& what : x->items)
        list.push_back(what->key.task.number());
    return list;
  }
};

using numbers = std::vector<uint32_t>;

} // namespace

TEST_CASE_METHOD(cast, "a coordinator asks shards and hosts what they have",
                 "[coordinator]") {
  CHECK(shard.took<anew_atom>());
  CHECK(ann.took<anew_atom>());
}

TEST_CASE_METHOD(cast, "nothing is decided before all have said what they have",
                 "[coordinator]") {
  tell(ready_list{0, {make_work(1, "a")}});
  CHECK(given().empty());
  tell(running_list{0, false, {}});
  tell(hi());
  CHECK(given().empty());
  tell(running_list{0, true, {}});
  CHECK(given() == numbers{1});
}

TEST_CASE_METHOD(cast, "a host that is down is not waited for over 2 s",
                 "[coordinator]") {
  tell(running_list{0, true, {}});
  neighbour bob{sys};
  place(home->agents, "bob", bob.handle);
  auto x = hi();
  x.who.name = "bob";
  tell(x);
  tell(ready_list{0, {make_work(1, "a")}});
  CHECK_FALSE(bob.take<assignment_list>());
  advance(2s);
  CHECK(bob.take<assignment_list>());
}

TEST_CASE_METHOD(cast, "a coordinator that was stopped waits for hosts still",
                 "[coordinator]") {
  auto running = exclusive_work(1, "deploy");
  tell(running_list{0, true, {{running, "ann"}}});
  // As after SIGSTOP: the time is gone, and nobody had a chance to speak.
  advance(1min, 1min);
  tell(hi({running->key}));
  tell(ready_list{0, {exclusive_work(2, "deploy")}});
  CHECK(given().empty());
}

TEST_CASE_METHOD(cast, "the shard hears of a decision before the host works",
                 "[coordinator]") {
  all_is_quiet();
  tell(
    ready_list{0, {make_work(1, "a"), make_work(2, "a"), make_work(3, "a")}});
  auto told = shard.take<assigned_list>();
  REQUIRE(told);
  REQUIRE(told->items.size() == 2);
  CHECK(told->items[0].agent == "ann");
  CHECK(told->items[0].score.view().find("\"total\"") != std::string::npos);
  CHECK(given() == numbers{1, 2});
  tell(freed{"ann", 1, 1, false, {make_work(1, "a")->key}});
  CHECK(given() == numbers{3});
}

TEST_CASE_METHOD(cast, "what is in progress keeps its permits over a restart",
                 "[coordinator]") {
  auto running = exclusive_work(1, "deploy");
  end();
  begin();
  tell(ready_list{0, {exclusive_work(2, "deploy")}});
  tell(running_list{0, true, {{running, "ann"}}});
  CHECK(given().empty());
  tell(hi({running->key}));
  CHECK(given().empty());
  tell(freed{"ann", 1, 0, false, {running->key}});
  CHECK(given() == numbers{2});
}

TEST_CASE_METHOD(cast, "what ended before its shard spoke is not restored",
                 "[coordinator]") {
  auto running = exclusive_work(1, "deploy");
  tell(hi({running->key}));
  tell(freed{"ann", 1, 0, false, {running->key}});
  tell(running_list{0, true, {{running, "ann"}}});
  tell(ready_list{0, {exclusive_work(2, "deploy"), make_work(3, "a")}});
  CHECK(given() == numbers{2, 3});
}

TEST_CASE_METHOD(cast, "a host that restarts goes on with what it still has",
                 "[coordinator]") {
  all_is_quiet();
  auto one = exclusive_work(1, "deploy");
  auto two = make_work(2, "a");
  tell(
    ready_list{0, {one, two, exclusive_work(3, "deploy"), make_work(4, "a")}});
  CHECK(given() == numbers{1, 2});
  // Its new life has the first, and has lost the second.
  tell(hi({one->key}, 2));
  CHECK(given() == numbers{4});
  tell(freed{"ann", 2, 1, false, {one->key}});
  CHECK(given() == numbers{3});
}

TEST_CASE_METHOD(cast, "a hello that is said twice changes nothing",
                 "[coordinator]") {
  all_is_quiet();
  tell(
    ready_list{0, {make_work(1, "a"), make_work(2, "a"), make_work(3, "a")}});
  CHECK(given() == numbers{1, 2});
  tell(hi());
  CHECK(given().empty());
}

TEST_CASE_METHOD(cast, "what an agent announces counts at once",
                 "[coordinator]") {
  all_is_quiet();
  tell(ready_list{0, {make_work(1, "a"), make_work(2, "b")}});
  CHECK(given() == numbers{1});
  auto more = hi({make_work(1, "a")->key});
  more.who.capabilities = {"a", "b"};
  more.announces = true;
  tell(more);
  CHECK(given() == numbers{2});
  // It still has the first: there is no third slot.
  tell(ready_list{0, {make_work(3, "b")}});
  CHECK(given().empty());
}

TEST_CASE_METHOD(cast, "a host that was asked too much has the last word",
                 "[coordinator]") {
  all_is_quiet();
  auto one = make_work(1, "a");
  tell(ready_list{0, {one}});
  CHECK(given() == numbers{1});
  // Both of its slots are taken by what we know nothing of.
  tell(freed{"ann", 1, 2, true, {one->key}});
  tell(ready_list{0, {make_work(2, "a")}});
  CHECK(given().empty());
  tell(freed{"ann", 1, 1, true, {make_work(9, "a")->key}});
  CHECK(given() == numbers{2});
}

TEST_CASE_METHOD(cast, "a shard that begins anew is forgotten and told so",
                 "[coordinator]") {
  tell(hi());
  tell(ready_list{0, {make_work(1, "a")}});
  tell(anew_atom_v, uint32_t{0});
  CHECK(shard.took<ack_atom>());
  tell(running_list{0, true, {}});
  CHECK(given().empty());
}

TEST_CASE_METHOD(cast, "health and past performance outlive the coordinator",
                 "[coordinator]") {
  auto ill = hi();
  ill.health = core::agent_health::disabled;
  tell(perf_atom_v, std::string{"ann"}, std::string{"other"}, 0.25);
  tell(ill);
  tell(running_list{0, true, {}});
  tell(ready_list{0, {make_work(1, "a")}});
  CHECK(given().empty());
  tell(health_atom_v, std::string{"ann"}, core::agent_health::healthy);
  auto told = shard.take<assigned_list>();
  REQUIRE(told);
  CHECK(told->items[0].score.view().find("\"performance\":0.25")
        != std::string::npos);
}

TEST_CASE_METHOD(cast, "tasks that nobody can do are named after a minute",
                 "[coordinator]") {
  all_is_quiet();
  tell(ready_list{0, {make_work(1, "rare")}});
  advance(55s, 1s);
  CHECK(warnings.empty());
  advance(15s, 1s);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("TASK_004") == 0);
  CHECK(warnings[0].find("rare") != std::string::npos);
}

TEST_CASE_METHOD(cast, "what a pinned agent lacks is named", "[coordinator]") {
  all_is_quiet();
  auto x = std::make_shared<work>(*make_work(1, "fly"));
  auto step = std::make_shared<core::step>(*x->step);
  auto need = std::make_shared<core::needs>(*step->need);
  need->agent = "ann";
  step->need = need;
  x->step = step;
  tell(ready_list{0, {x}});
  advance(70s, 1s);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("1 task of workspace") != std::string::npos);
  CHECK(warnings[0].find("No agent has capability `fly`") != std::string::npos);
}

TEST_CASE_METHOD(cast, "tasks that ask for more than there is are named",
                 "[coordinator]") {
  end();
  home->opts.limits.resources = {{"gpu", 2}};
  begin();
  all_is_quiet();
  auto asking = [&](uint32_t number, double amount) {
    auto x = std::make_shared<work>(*make_work(number, "a"));
    auto step = std::make_shared<core::step>(*x->step);
    auto need = std::make_shared<core::needs>(*step->need);
    need->resources = {{"gpu", amount}};
    step->need = need;
    x->step = step;
    return work_ptr{x};
  };
  tell(ready_list{0, {asking(1, 2), asking(2, 1), asking(3, 5)}});
  advance(70s, 1s);
  REQUIRE(warnings.size() == 1); // The second waits for the first only.
  CHECK(warnings[0].find("it asks for 5, but this node has 2 in all")
        != std::string::npos);
}
