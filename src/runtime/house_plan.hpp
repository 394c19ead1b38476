#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/host.hpp"
#include "actors/house.hpp"
#include "actors/journal.hpp"
#include "actors/monitors.hpp"
#include "runtime/utc_clock.hpp"

// The tree of a node as data.

namespace troupe::runtime {

/// What the assembly needs; everything else follows.
struct plan_options {
  house_options house;
  std::shared_ptr<core::store> store;
  std::vector<agent_spec> agents;
  std::vector<standby_spec_ptr> on_demand;
  uint32_t readers = 2;
  bool threads = true; // False on the deterministic stage.
  std::function<void(const std::string&)> warn;
  std::function<core::instant()> now;
  easing ease;    // Of the clock behind `now`; empty: it needs none.
  sampler sample; // Of this process; empty: nobody looks.
  /// Works the task queues; returns when it is to be called again; empty:
  /// nobody does.
  std::function<std::optional<core::duration>()> sweep;
  std::function<void(const supervision_event&)> on_event;
  /// What the rest stands on is back soon or not at all.
  std::chrono::milliseconds restart_pause_max{1'000};
  uint64_t seed = 1;
};

/// A node that is ready to be spawned.
struct house_plan {
  house_ptr home;
  open_store_ptr store; // Open already; closed by whoever stops the node.
  supervisor_spec root;
  roster_ptr names;    // Of the root's children.
  roster_ptr storage;  // Of the journal and the shards' supervisor.
  roster_ptr monitors; // Of the monitors: `progress`, `resources`.
};

/// Everything but the actors. REQUIRES: `store` is open.
house_plan make_plan(plan_options opts, open_store_ptr store);

} // namespace troupe::runtime
