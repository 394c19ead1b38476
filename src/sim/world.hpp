#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/house_plan.hpp"
#include "runtime/node_api.hpp"
#include "sim/client.hpp"
#include "sim/crew.hpp"
#include "sim/follower.hpp"
#include "sim/ledger.hpp"
#include "sim/plan.hpp"
#include "sim/stage.hpp"
#include "sim/store.hpp"

namespace troupe::sim {

/// What became of a plan.
struct report {
  std::string broken; // The first invariant that did not hold; empty: none.
  core::duration broken_at{};
  uint64_t trace = 0; // Equal for equal stories.
  uint64_t steps = 0; // Messages delivered.
  uint64_t faults = 0;
  uint64_t restarts = 0;
  uint64_t tasks = 0;
  uint64_t calls = 0; // Of agents.
  uint64_t commands = 0;
  core::duration lasted{};        // In the simulated world.
  std::vector<std::string> story; // What happened last, if it was to be told.
};

/// Plays a plan: the house of a node as the runtime builds it, on one thread,
/// in a world whose clock, disk, agents and callers are made up.
class world {
public:
  world(const plan& from, bool tell_story);
  ~world();

  report play();

private:
  /// One life of the node's process.
  struct life {
    std::unique_ptr<stage> on;
    core::duration begun{};
    std::shared_ptr<core::instant> clock; // Read by all its actors.
    core::instant clock_at_start;
    runtime::house_plan house;
    supervisor root;
    std::shared_ptr<runtime::node_api> door;
    std::unique_ptr<follower> ear;
  };

  // world.cpp: time and turns
  void go_on();
  void pass_time(core::duration until);
  void set_now(core::duration now);
  core::duration next_date() const;
  void act_on_time();
  void agents_go_on(core::duration until);
  bool finish();
  std::string what_hangs() const;
  void wrong(const std::string& what);
  void tell(const std::string& what);

  // world_life.cpp: how a process begins and ends
  void begin_life();
  std::shared_ptr<open_store> open_disk(const std::shared_ptr<core::store>& on);
  void spawn_house(const std::shared_ptr<core::store>& on,
                   std::shared_ptr<open_store> opened);
  void end_life();
  void stop_in_order();
  bool root_is_down() const;

  // world_faults.cpp
  void strike(const event& x);
  void kill_one(const event& x);
  void end_faults();

  const plan& plan_;
  bool tell_story_;
  report out_;
  chance chance_;
  core::duration now_{};
  ledger book_;
  disk disk_;
  crew crew_;
  client client_;
  std::optional<life> life_;
  core::duration next_start_{};
  size_t next_event_ = 0;
  /// Faults that end by themselves.
  core::duration full_until_{}, low_until_{};
  bool calm_ = false;
  core::duration calm_since_{};
  core::duration next_lead_{};
  bool clean_ = true; // How the last life ended.
  bool over_ = false;
  std::deque<std::string> story_;
  std::string last_told_;
};

/// Plays it to its end, or to the first thing that is wrong.
report play(const plan& from, bool tell_story = false);

} // namespace troupe::sim
