#include "actors/crew.hpp"

#include <catch2/catch.hpp>

#include "actors/directory.hpp"
#include "actors/house_stage.hpp"

// Agents that come, change and leave while the node runs.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Who made an instance, and the replies that it holds until the test gives
/// them.
struct worker_log {
  std::map<std::string, reply> by_name;
  std::map<std::string, std::string> made_by; // Step -> version of the agent.
  int alive = 0;
};

class versioned : public reactive_agent {
public:
  versioned(worker_log& log, std::string version)
    : log_(log), version_(std::move(version)) {
    ++log_.alive;
  }
  ~versioned() override { --log_.alive; }
  void perform(const task& t, reply done) override {
    log_.made_by[t.name] = version_;
    log_.by_name[t.name] = std::move(done);
  }

private:
  worker_log& log_;
  std::string version_;
};

/// A real crew, supervisor and coordinator; a scripted shard.
struct crew_cast : house_stage {
  worker_log log;
  neighbour shard{sys};
  crew_book_ptr book = std::make_shared<crew_book>();
  roster_ptr root = std::make_shared<roster>();
  supervisor branch;
  caf::actor chooser;
  caf::actor staff;
  caf::actor known;

  crew_cast() {
    place(shard_names, "0", shard.handle);
    home->crew = {root, "crew"};
    supervisor_spec spec;
    spec.name = "agents";
    spec.strategy = restart_strategy::dynamic;
    spec.names = home->agents;
    branch = *spawn_supervisor(sys, spec);
    place(root, "agents", branch.handle);
    house_ptr shared = home;
    chooser = caf::actor_cast<caf::actor>(sys.spawn(coordinator, shared));
    place(names, "coordinator", chooser);
    known = caf::actor_cast<caf::actor>(sys.spawn(directory, shared));
    place(names, "directory", known);
    caf::anon_send(chooser, running_list{0, true, {}});
    begin_crew();
  }
  ~crew_cast() {
    log.by_name.clear();
    caf::anon_send_exit(branch.handle, caf::exit_reason::kill);
    for (const auto& x : {chooser, staff, known})
      caf::anon_send_exit(x, caf::exit_reason::kill);
    settle();
  }

  void begin_crew() {
    house_ptr shared = home;
    staff = caf::actor_cast<caf::actor>(sys.spawn(
      crew, shared, book, child_ref<>{root, "agents"}, restart_backoff{}));
    place(root, "crew", staff);
    settle();
  }
  void kill_crew() {
    caf::anon_send_exit(staff, caf::exit_reason::kill);
    settle();
  }

  agent_spec_ptr ann(const std::string& version,
                     const std::string& capability = "a") {
    auto x = std::make_shared<agent_spec>();
    x->who.name = "ann";
    x->who.capabilities = {capability};
    x->who.max_load = 2;
    x->make = [this, version] {
      return std::make_unique<versioned>(log, version);
    };
    return x;
  }
  void reload(crew_change x) {
    auto done = ask<caf::ok_atom>(caf::actor_cast<crew_actor>(staff),
                                  reload_atom_v, std::move(x));
    CHECK(done);
    settle();
  }
  void offer(uint32_t number, const std::string& capability = "a") {
    caf::anon_send(chooser, ready_list{0, {make_work(number, capability)}});
    settle();
  }
  void answer(const std::string& name) {
    log.by_name.at(name)(outcome::done());
    log.by_name.erase(name);
    settle();
  }
  /// As its shard does when the end is durable.
  void record(uint32_t number) {
    if (auto host = home->host("ann").handle())
      caf::anon_send(host, ack_atom_v,
                     token_list{{make_work(number, "a")->key}});
    settle();
  }
  bool is_there() { return home->host("ann").handle() != nullptr; }
};

} // namespace

TEST_CASE_METHOD(crew_cast, "an agent that is taken in gets work", "[crew]") {
  offer(1);
  CHECK(log.made_by.empty());
  reload({{ann("v1")}, {}});
  CHECK(home->members->has("ann"));
  CHECK(log.made_by["s1"] == "v1");
}

TEST_CASE_METHOD(
  crew_cast, "one that changes finishes the old and takes the new work anew",
  "[crew]") {
  reload({{ann("v1")}, {}});
  offer(1);
  reload({{ann("v2", "b")}, {}});
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
  offer(4, "b");
  CHECK(log.made_by["s4"] == "v2");
}

TEST_CASE_METHOD(crew_cast,
                 "one that leaves finishes what it has, then is gone",
                 "[crew]") {
  reload({{ann("v1")}, {}});
  offer(1);
  reload({{}, {"ann"}});
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
  reload({{ann("v2")}, {}});
  advance(1s);
  CHECK(log.made_by["s2"] == "v2");
}

TEST_CASE_METHOD(crew_cast, "one that leaves may stay after all", "[crew]") {
  reload({{ann("v1")}, {}});
  offer(1);
  reload({{}, {"ann"}});
  advance(300ms);
  reload({{ann("v2")}, {}});
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
  reload({{ann("v1")}, {}});
  offer(1);
  reload({{}, {"ann"}});
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
  reload({{ann("v1")}, {}});
  offer(1);
  auto host = caf::actor_cast<caf::actor>(home->host("ann").handle());
  hold(host);
  reload({{ann("v2")}, {}}); // It does not hear of it...
  caf::anon_send_exit(host, caf::exit_reason::kill);
  release(host); // ...before its end.
  advance(1s);
  offer(2);
  CHECK(log.made_by["s1"] == "v1");
  CHECK(log.made_by["s2"] == "v2");
  answer("s1");
  advance(1s);
  CHECK(log.alive == 1);
}
