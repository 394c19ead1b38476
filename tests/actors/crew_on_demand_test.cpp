#include "actors/crew_stage.hpp"

// Agents that are made when their work is there, and leave when it is not.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct demand_cast : crew_cast {
  standby_spec_ptr snake(uint32_t instances_max, std::string version = "v1") {
    auto x = std::make_shared<standby_spec>();
    x->rule = {ann(version)->who, instances_max, 10s, false};
    x->rule.who.name = "snake";
    x->rule.who.capabilities = {"a"};
    x->rule.who.max_load = 1;
    x->make = [this, who = x->rule.who, version] {
      auto spec = *ann(version);
      spec.who = who;
      return spec;
    };
    return x;
  }
  void allow(std::vector<standby_spec_ptr> all,
             std::vector<std::string> outdated = {}) {
    reload({{}, {}, std::move(all), std::move(outdated)});
  }
  std::vector<std::string> members() { return home->members->names(); }
  std::string why(uint32_t number, const std::string& capability = "a") {
    auto said = ask<core::explanation>(
      caf::actor_cast<coordinator_actor>(chooser), why_atom_v,
      make_work(number, capability)->key.task);
    return said ? said->text : std::string{};
  }
  void finish(const std::string& agent, uint32_t number) {
    answer("s" + std::to_string(number));
    if (auto host = home->host(agent).handle())
      caf::anon_send(host, ack_atom_v,
                     token_list{{make_work(number, "a")->key}});
    settle();
  }
};

using words = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(demand_cast, "an agent is made when its work is there",
                 "[crew][demand]") {
  allow({snake(2)});
  advance(5s);
  CHECK(members().empty());
  offer(1);
  CHECK(why(1).ends_with("An agent is being made from `agents.snake`."));
  advance(1s);
  CHECK(members() == words{"snake"});
  CHECK(log.made_by["s1"] == "v1");
  offer(2);
  advance(1s);
  CHECK(members() == words{"snake", "snake-2"});
  CHECK(log.made_by["s2"] == "v1");
  offer(3);
  advance(5s);
  CHECK(members().size() == 2);
  CHECK(why(3).ends_with("are there (2, its `on_demand`)."));
  finish("snake", 1);
  CHECK(log.made_by["s3"] == "v1");
  auto listing =
    ask<std::string>(caf::actor_cast<directory_actor>(known), stats_atom_v);
  REQUIRE(listing);
  CHECK(listing->find(R"("made_from":"snake","max_load")")
        != std::string::npos);
}

TEST_CASE_METHOD(demand_cast,
                 "one without work leaves after its time, and "
                 "comes again",
                 "[crew][demand]") {
  allow({snake(1)});
  offer(1);
  advance(1s);
  advance(20s); // It works: that is no idling.
  REQUIRE(members() == words{"snake"});
  finish("snake", 1);
  advance(9s);
  CHECK(members() == words{"snake"});
  advance(4s);
  CHECK(members().empty());
  CHECK(log.alive == 0);
  offer(2);
  advance(1s);
  CHECK(log.made_by["s2"] == "v1");
}

TEST_CASE_METHOD(demand_cast,
                 "nothing is made for work of somebody who is "
                 "always there, nor for what nothing covers",
                 "[crew][demand]") {
  allow({snake(2)});
  crew_change with_ann{{ann("v1")}, {}, {snake(2)}, {}};
  reload(with_ann);
  for (uint32_t i = 1; i <= 5; ++i)
    offer(i);
  offer(6, "other");
  advance(3s);
  CHECK(members() == words{"ann"});
  CHECK(why(3).find("being made") == std::string::npos); // `ann` is full.
  CHECK(why(6, "other").find("being made") == std::string::npos);
}

TEST_CASE_METHOD(demand_cast, "of a standby that changes the old ones leave",
                 "[crew][demand]") {
  allow({snake(1)});
  offer(1);
  advance(1s);
  allow({snake(1, "v2")}, {"snake"});
  offer(2);
  advance(1s);
  CHECK(log.made_by.count("s2") == 0); // The old one has the name still.
  finish("snake", 1);
  advance(2s);
  CHECK(log.made_by["s2"] == "v2");
  allow({}, {"snake"});
  finish("snake", 2);
  advance(2s);
  CHECK(members().empty());
  offer(3);
  advance(2s);
  CHECK(members().empty());
}

TEST_CASE_METHOD(demand_cast, "a crew that restarts still ends who is idle",
                 "[crew][demand]") {
  allow({snake(1)});
  offer(1);
  advance(1s);
  finish("snake", 1);
  kill_crew();
  begin_crew();
  advance(13s);
  CHECK(members().empty());
}

TEST_CASE_METHOD(demand_cast,
                 "whose code could have ended the node is known of "
                 "those that are made, too",
                 "[crew][demand]") {
  CHECK_FALSE(home->members->any_inside());
  allow({snake(2)});
  CHECK(home->members->any_inside());
  auto outside = std::make_shared<standby_spec>(*snake(2));
  outside->rule.outside = true;
  allow({outside});
  CHECK_FALSE(home->members->any_inside());
  CHECK(home->members->works_outside("snake-2"));
  CHECK_FALSE(home->members->works_outside("snake-3"));
}
