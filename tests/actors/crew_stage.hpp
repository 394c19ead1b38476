#pragma once

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "actors/crew.hpp"
#include "actors/directory.hpp"
#include "actors/house_stage.hpp"

namespace troupe::test {

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
  void put(agent_spec_ptr who) {
    crew_change x;
    x.put = {std::move(who)};
    reload(std::move(x));
  }
  void let_go(const std::string& name) {
    crew_change x;
    x.leave = {name};
    reload(std::move(x));
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
  bool is_given_up() {
    auto host = home->host("ann").get();
    return !host && host.error() == make_error(errc::escalated);
  }
};

} // namespace troupe::test
