#pragma once

#include <map>
#include <memory>
#include <set>

#include "actors/house.hpp"
#include "actors/patience.hpp"
#include "core/allocator.hpp"
#include "core/id_table.hpp"
#include "core/limits.hpp"
#include "core/score_words.hpp"

namespace troupe {

struct coordinator_state {
  static inline const char* name = "coordinator";
  struct known_host {
    std::string name;
    uint64_t generation = 0;
    bool outside = false;
    child_ref<host_actor> host;
    /// It has these, from before our time, and no shard has told us of them.
    std::set<token> held;
    assignment_list next; // Of this turn.
  };
  struct waiting {
    core::id task;
    work_ptr what;
  };
  using in_progress = std::pair<work_ptr, std::string>;
  house_ptr home;
  std::vector<child_ref<shard_actor>> shards;
  std::unique_ptr<core::limits> limits;
  std::unique_ptr<core::allocator> choose;
  core::id_table<waiting> queued;
  std::vector<known_host> hosts; // By the allocator's number of the agent.
  /// By agent and type; kept for agents that have not said hello yet.
  std::map<std::string, std::map<std::string, double>> performance;
  // Until all have said what they have, nothing is decided: it could break a
  // limit that a task in progress stands for.
  std::set<uint32_t> silent;
  std::set<std::string> unheard; // Hosts.
  patience hosts_wait;           // Then who has not said hello is down.
  std::vector<in_progress> reported;
  core::score_words told;
  bool deciding = false; // A `decide` is on its way to us.
  bool looking = false;  // A `lack` is.
  core::instant next_tick;
};

using coordinator_ptr = coordinator_actor::stateful_pointer<coordinator_state>;

coordinator_actor::behavior_type coordinator(coordinator_ptr self,
                                             house_ptr home);

// Between the files of this actor.

/// Tells the crew, now and then, what no free agent can do: it may make one.
void look_for_unserved_soon(coordinator_ptr self);
void tell_unserved(coordinator_ptr self);
/// Whether an agent is being made for it.
void add_standby(coordinator_state& st, core::id task, core::explanation& to);

} // namespace troupe
