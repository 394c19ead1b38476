#include "actors/crew_stage.hpp"

// Agents that come, change and leave while the node runs.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(crew_cast, "an agent that is taken in gets work", "[crew]") {
  offer(1);
  CHECK(log.made_by.empty());
  put(ann("v1"));
  CHECK(home->members->has("ann"));
  CHECK(log.made_by["s1"] == "v1");
}

TEST_CASE_METHOD(
  crew_cast, "one that changes finishes the old and takes the new work anew",
  "[crew]") {
  put(ann("v1"));
  offer(1);
  put(ann("v2", "b"));
  CHECK(log.alive == 2);
  offer(2); // What it could do before, it cannot any more.
  CHECK(log.made_by.count("s2") == 0);
  offer(3, "b");
  CHECK(log.made_by["s1"] == "v1");
  CHECK(log.made_by["s3"] == "v2");
  answer("s1");
  auto end = shard.take<ended_list>();
  REQUIRE(end);
  CHECK(end->items[0].how == core::end_kind::answered);
  CHECK(log.alive == 1); // The old one had nothing else.
  record(1);
  offer(4, "b");
  CHECK(log.made_by["s4"] == "v2");
}

TEST_CASE_METHOD(crew_cast,
                 "one that leaves finishes what it has, then is gone",
                 "[crew]") {
  put(ann("v1"));
  offer(1);
  let_go("ann");
  offer(2);
  advance(1s);
  CHECK(is_there());
  CHECK(log.made_by.count("s2") == 0);
  answer("s1");
  advance(1s);
  CHECK(is_there()); // Its result is not durable yet.
  record(1);
  advance(1s);
  CHECK_FALSE(is_there());
  CHECK_FALSE(home->members->has("ann"));
  CHECK(log.alive == 0);
  auto listing =
    ask<std::string>(caf::actor_cast<directory_actor>(known), stats_atom_v);
  REQUIRE(listing);
  CHECK(listing->find("ann") == std::string::npos);
  // The name is free: a new one has the work that waited.
  put(ann("v2"));
  advance(1s);
  CHECK(log.made_by["s2"] == "v2");
}

TEST_CASE_METHOD(crew_cast, "one that leaves may stay after all", "[crew]") {
  put(ann("v1"));
  offer(1);
  let_go("ann");
  advance(300ms);
  put(ann("v2"));
  advance(1s);
  offer(2);
  CHECK(log.made_by["s2"] == "v2");
  answer("s1");
  record(1);
  advance(1s);
  CHECK(is_there());
}

TEST_CASE_METHOD(crew_cast,
                 "a leave goes on when the crew, the host or the "
                 "coordinator restarts",
                 "[crew]") {
  auto who = GENERATE(0, 1, 2);
  put(ann("v1"));
  offer(1);
  let_go("ann");
  answer("s1");
  if (who == 0) {
    kill_crew();
    begin_crew();
  } else if (who == 1) {
    caf::anon_send_exit(home->host("ann").handle(), caf::exit_reason::kill);
    advance(1s);
    REQUIRE(is_there());
  } else {
    caf::anon_send_exit(chooser, caf::exit_reason::kill);
    settle();
    house_ptr shared = home;
    chooser = caf::actor_cast<caf::actor>(sys.spawn(coordinator, shared));
    place(names, "coordinator", chooser);
    caf::anon_send(chooser, running_list{0, true, {}});
  }
  record(1);
  advance(1s);
  CHECK_FALSE(is_there());
}

TEST_CASE_METHOD(crew_cast,
                 "a change while its host is down holds in its next "
                 "life",
                 "[crew]") {
  put(ann("v1"));
  offer(1);
  hold(branch.handle);
  caf::anon_send_exit(home->host("ann").handle(), caf::exit_reason::kill);
  settle();
  put(ann("v2")); // It does not hear of it.
  release(branch.handle);
  advance(1s);
  offer(2);
  CHECK(log.made_by["s1"] == "v1");
  CHECK(log.made_by["s2"] == "v2");
  answer("s1");
  advance(1s);
  CHECK(log.alive == 1);
}

TEST_CASE_METHOD(crew_cast, "one that was given up leaves, or is tried anew",
                 "[crew]") {
  auto leaves = GENERATE(true, false);
  put(ann("v1"));
  for (int i = 0; i < 20 && !is_given_up(); ++i) {
    caf::anon_send_exit(home->host("ann").handle(), caf::exit_reason::kill);
    advance(200ms);
  }
  REQUIRE(is_given_up());
  if (leaves) {
    let_go("ann");
    advance(1s);
    CHECK_FALSE(home->members->has("ann"));
    CHECK_FALSE(is_given_up());
  } else {
    put(ann("v2"));
    advance(1s);
    CHECK(is_there());
  }
  put(ann("v3"));
  advance(1s);
  offer(1);
  CHECK(log.made_by["s1"] == "v3");
}
