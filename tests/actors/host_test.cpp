#include <catch2/catch.hpp>

#include <thread>

#include "actors/house_stage.hpp"
#include "core/agent_link.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Keeps the replies until the test gives them.
struct held_replies {
  std::map<std::string, reply> by_name;
  int calls = 0;
};

class holder : public reactive_agent {
public:
  explicit holder(held_replies& to) : to_(to) {}
  void perform(const task& t, reply done) override {
    ++to_.calls;
    to_.by_name[t.name] = std::move(done);
  }

private:
  held_replies& to_;
};

/// The host of one agent between a scripted shard and a scripted coordinator.
struct cast : house_stage {
  held_replies replies;
  neighbour shard{sys};
  neighbour chooser{sys};
  agent_spec spec;
  std::shared_ptr<host_memory> memory = std::make_shared<host_memory>();
  host_actor ann;
  uint64_t life = 0;
  size_t warned_meanwhile = 0; // While the agent was called.

  cast() {
    place(shard_names, "0", shard.handle);
    place(names, "coordinator", chooser.handle);
    home->members->add("ann", false);
    spec.who.name = "ann";
    spec.who.capabilities = {"a"};
    spec.who.max_load = 2;
    spec.make = [this] { return std::make_unique<holder>(replies); };
  }
  ~cast() {
    replies.by_name.clear();
    end();
    for (auto& slot : memory->slots)
      caf::anon_send_exit(slot.instance, caf::exit_reason::kill);
    settle();
  }

  void begin() {
    house_ptr shared = home;
    life = home->agents->begin("ann");
    ann = sys.spawn(host, shared, spec, memory, life);
    home->agents->publish("ann", life, caf::actor_cast<caf::actor>(ann));
    settle();
  }
  void end() {
    if (ann)
      caf::anon_send_exit(ann, caf::exit_reason::kill);
    ann = nullptr;
    settle();
  }
  template <class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(ann, std::forward<Ts>(xs)...);
    settle();
  }
  void give(std::vector<work_ptr> list) {
    tell(assignment_list{life, std::move(list)});
  }
  void answer(const std::string& name) {
    replies.by_name.at(name)(outcome::done());
    replies.by_name.erase(name);
    settle();
  }
};

} // namespace

TEST_CASE_METHOD(cast, "a host says hello with what it holds", "[host]") {
  begin();
  auto first = chooser.take<hello>();
  REQUIRE(first);
  CHECK(first->who.name == "ann");
  CHECK(first->running.empty());
  give({make_work(1, "a")});
  end();
  begin();
  auto second = chooser.take<hello>();
  REQUIRE(second);
  CHECK(second->generation == first->generation + 1);
  CHECK(second->running == std::vector<token>{make_work(1, "a")->key});
  // Its agent's code was never interrupted.
  CHECK(replies.calls == 1);
  answer("s1");
  auto ended = shard.take<ended_list>();
  REQUIRE(ended);
  CHECK(ended->items[0].how == core::end_kind::answered);
}

TEST_CASE_METHOD(cast, "a drained host stays so in its next life, until undone",
                 "[host]") {
  begin();
  REQUIRE(chooser.take<hello>());
  tell(health_atom_v, core::agent_health::draining);
  end();
  begin();
  auto again = chooser.take<hello>();
  REQUIRE(again);
  CHECK(again->health == core::agent_health::draining);
  tell(health_atom_v, core::agent_health::healthy);
  end();
  begin();
  again = chooser.take<hello>();
  REQUIRE(again);
  CHECK(again->health == core::agent_health::healthy);
}

TEST_CASE_METHOD(cast, "what is done keeps its slot until it is recorded",
                 "[host]") {
  begin();
  give({make_work(1, "a")});
  answer("s1");
  CHECK(shard.take<ended_list>());
  CHECK_FALSE(chooser.take<freed>());
  tell(ack_atom_v, token_list{{make_work(1, "a")->key}});
  auto free = chooser.take<freed>();
  REQUIRE(free);
  CHECK(free->load == 0);
  CHECK(free->items.size() == 1);
}

TEST_CASE_METHOD(cast, "the slot of a pure agent is free when it is done",
                 "[host]") {
  spec.who.pure = true;
  begin();
  give({make_work(1, "a")});
  answer("s1");
  CHECK(chooser.take<freed>());
  tell(ack_atom_v, token_list{{make_work(1, "a")->key}});
  CHECK_FALSE(chooser.take<freed>());
}

TEST_CASE_METHOD(cast, "an end that nobody records is said again", "[host]") {
  begin();
  give({make_work(1, "a")});
  answer("s1");
  CHECK(shard.take<ended_list>());
  advance(3s, 100ms);
  CHECK(shard.take<ended_list>());
  tell(ack_atom_v, token_list{{make_work(1, "a")->key}});
  while (shard.take<ended_list>())
    ;
  advance(3s, 100ms);
  CHECK_FALSE(shard.take<ended_list>());
}

TEST_CASE_METHOD(cast, "a full host returns what is too much, uncounted",
                 "[host]") {
  begin();
  give({make_work(1, "a"), make_work(2, "a"), make_work(3, "a")});
  CHECK(replies.calls == 2);
  auto back = shard.take<ended_list>();
  REQUIRE(back);
  REQUIRE(back->items.size() == 1);
  CHECK(back->items[0].key.task.number() == 3);
  CHECK(back->items[0].how == core::end_kind::returned);
  auto free = chooser.take<freed>();
  REQUIRE(free);
  CHECK(free->corrects);
  CHECK(free->load == 2);
}

TEST_CASE_METHOD(cast, "what an agent gives back returns uncounted, at once",
                 "[host]") {
  begin();
  give({make_work(1, "a")});
  replies.by_name.at("s1")(core::given_back("cut off"));
  settle();
  auto back = shard.take<ended_list>();
  REQUIRE(back);
  CHECK(back->items[0].how == core::end_kind::returned);
  auto free = chooser.take<freed>();
  REQUIRE(free);
  CHECK(free->corrects);
}

TEST_CASE_METHOD(cast, "a host says what its agent announces, once", "[host]") {
  std::optional<std::vector<std::string>> news{{"cook"}};
  spec.announced = [&news] { return std::exchange(news, std::nullopt); };
  begin();
  auto first = chooser.take<hello>();
  REQUIRE(first);
  CHECK_FALSE(first->announces);
  advance(2s, 100ms);
  auto second = chooser.take<hello>();
  REQUIRE(second);
  CHECK(second->announces);
  CHECK(second->who.capabilities == std::vector<std::string>{"cook"});
  CHECK(second->generation == first->generation);
  CHECK_FALSE(chooser.take<hello>());
}

TEST_CASE_METHOD(cast, "work that was given to an earlier life comes back",
                 "[host]") {
  begin();
  tell(assignment_list{life + 1, {make_work(1, "a")}});
  CHECK(replies.calls == 0);
  auto back = shard.take<ended_list>();
  REQUIRE(back);
  CHECK(back->items[0].how == core::end_kind::returned);
}

TEST_CASE_METHOD(cast, "an assignment that is sent twice is worked on once",
                 "[host]") {
  begin();
  give({make_work(1, "a")});
  give({make_work(1, "a")});
  CHECK(replies.calls == 1);
  CHECK_FALSE(shard.take<ended_list>());
}

TEST_CASE_METHOD(cast, "an agent outside is called when its start is durable",
                 "[host]") {
  spec.outside = true;
  begin();
  give({make_work(1, "a"), make_work(2, "a")});
  CHECK(replies.calls == 0);
  tell(go_atom_v, token_list{{make_work(2, "a")->key}});
  CHECK(replies.calls == 1);
  CHECK(replies.by_name.count("s2") == 1);
  tell(go_atom_v, token_list{{make_work(2, "a")->key}});
  CHECK(replies.calls == 1);
  tell(cancel_atom_v, make_work(1, "a")->key, false);
  auto end = shard.take<ended_list>();
  REQUIRE(end);
  CHECK(end->items[0].how == core::end_kind::cancelled);
}

TEST_CASE_METHOD(cast, "a start that is said twice in one list calls once",
                 "[host]") {
  spec.outside = true;
  begin();
  give({make_work(1, "a")});
  auto key = make_work(1, "a")->key;
  tell(go_atom_v, token_list{{key, key}});
  CHECK(replies.calls == 1);
}

TEST_CASE_METHOD(cast, "an agent that ignores cancellation is named",
                 "[host]") {
  begin();
  give({make_work(1, "a")});
  tell(cancel_atom_v, make_work(1, "a")->key, false);
  CHECK_FALSE(shard.take<ended_list>());
  tell(cancel_atom_v, make_work(1, "a")->key, true);
  auto end = shard.take<ended_list>();
  REQUIRE(end);
  CHECK(end->items[0].how == core::end_kind::stuck);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("ignores cancellation of step `s1`")
        != std::string::npos);
  answer("s1"); // Too late: nobody hears of it.
  CHECK_FALSE(shard.take<ended_list>());
}

TEST_CASE_METHOD(cast, "a shard that asks hears what runs and what has ended",
                 "[host]") {
  begin();
  give({make_work(1, "a"), make_work(2, "a")});
  answer("s2");
  tell(held_atom_v, uint32_t{0});
  auto list = shard.take<held_list>();
  REQUIRE(list);
  CHECK_FALSE(list->anew);
  CHECK(list->running == std::vector<token>{make_work(1, "a")->key});
  REQUIRE(list->done.size() == 1);
  CHECK(list->done[0].key == make_work(2, "a")->key);
}

TEST_CASE_METHOD(cast, "a thread that comes back late is a slot again",
                 "[host]") {
  // Its code is still at work when the host gives it up.
  class late : public agent {
  public:
    explicit late(cast& all) : all_(all) {}
    outcome perform(const task&, context&) override {
      auto line = all_.memory->attempts.begin()->second.line;
      std::thread{[&] { line->end(core::end_kind::stuck, "gone"); }}.join();
      ++all_.memory->lost_slots;
      return outcome::done();
    }

  private:
    cast& all_;
  };
  spec.make = agent_factory{[this] { return std::make_unique<late>(*this); }};
  begin();
  give({make_work(1, "a")});
  CHECK(memory->lost_slots == 0);
  CHECK(memory->slots[0].busy == token{});
}

TEST_CASE_METHOD(cast, "an agent whose time is up has failed in its record",
                 "[host]") {
  neighbour records{sys};
  place(names, "directory", records.handle);
  begin();
  auto ended_well = [&] {
    auto list = records.take<performed_list>();
    REQUIRE(list);
    return list->items[0].well;
  };
  auto key = make_work(1, "a")->key;
  give({make_work(1, "a")});
  SECTION("by what it says itself")
  {
    tell(expire_atom_v, key);
    replies.by_name.at("s1")(outcome::failed("gone", category::cancelled));
    settle();
    CHECK_FALSE(ended_well());
  }
  SECTION("by a result that comes too late")
  {
    tell(expire_atom_v, key);
    answer("s1");
    CHECK_FALSE(ended_well());
  }
  SECTION("by saying nothing")
  {
    tell(expire_atom_v, key);
    tell(cancel_atom_v, key, true);
    CHECK_FALSE(ended_well());
  }
  SECTION("but not where a person has cancelled it")
  {
    tell(cancel_atom_v, key, false);
    replies.by_name.at("s1")(outcome::failed("gone", category::cancelled));
    settle();
    CHECK(shard.take<ended_list>());
    CHECK_FALSE(records.take<performed_list>());
  }
  SECTION("and not where it asks for more time")
  {
    replies.by_name.at("s1")(outcome::snooze(1s));
    settle();
    CHECK(shard.take<ended_list>());
    CHECK_FALSE(records.take<performed_list>());
  }
}

namespace {
/// Does not return before that time has passed; others go on meanwhile.
class hanging : public reactive_agent {
public:
  hanging(cast& all, core::duration time) : all_(all), time_(time) {}
  void perform(const task&, reply done) override {
    all_.advance(time_, 100ms);
    all_.warned_meanwhile = all_.warnings.size();
    done(outcome::done());
  }

private:
  cast& all_;
  core::duration time_;
};
} // namespace

TEST_CASE_METHOD(cast, "a reactive agent that hangs is named while it does",
                 "[host]") {
  spec.make =
    reactive_factory{[this] { return std::make_unique<hanging>(*this, 2s); }};
  begin();
  give({make_work(1, "a")});
  CHECK(warned_meanwhile == 1);
  REQUIRE(warnings.size() == 1); // Not again when it has come back.
  CHECK(warnings[0].find("`ann` has held a worker for") != std::string::npos);
  CHECK(warnings[0].find("step `s1`") != std::string::npos);
}

TEST_CASE_METHOD(cast, "a reactive agent that held a worker is named after it",
                 "[host]") {
  spec.make = reactive_factory{
    [this] { return std::make_unique<hanging>(*this, 200ms); }};
  begin();
  give({make_work(1, "a")});
  CHECK(warned_meanwhile == 0);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("`ann` held a worker for 200ms") != std::string::npos);
}
