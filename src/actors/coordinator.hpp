#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "actors/house.hpp"
#include "actors/patience.hpp"
#include "core/allocator.hpp"
#include "core/limits.hpp"

namespace troupe {

/// The parts of a score as they are shown.
struct told_score {
  std::array<int32_t, 7> digits{};
  std::array<core::text, 2> others;
  core::text words;
};

struct coordinator_state {
  static inline const char* name = "coordinator";
  struct known_host {
    uint64_t generation = 0;
    bool outside = false;
    child_ref<host_actor> host;
    /// It has these, from before our time, and no shard has told us of them.
    std::set<token> held;
  };
  using in_progress = std::pair<work_ptr, std::string>;
  house_ptr home;
  std::vector<child_ref<shard_actor>> shards;
  std::unique_ptr<core::limits> limits;
  std::unique_ptr<core::allocator> choose;
  std::unordered_map<core::id, work_ptr> queued; // Never iterated in order.
  std::map<std::string, known_host> hosts;
  /// By agent and type; kept for agents that have not said hello yet.
  std::map<std::string, std::map<std::string, double>> performance;
  // Until all have said what they have, nothing is decided: it could break a
  // limit that a task in progress stands for.
  std::set<uint32_t> silent;
  std::set<std::string> unheard; // Hosts.
  patience hosts_wait;           // Then who has not said hello is down.
  std::vector<in_progress> reported;
  told_score told;       // The last one.
  bool deciding = false; // A `decide` is on its way to us.
  core::instant next_tick;
};

using coordinator_ptr = coordinator_actor::stateful_pointer<coordinator_state>;

coordinator_actor::behavior_type coordinator(coordinator_ptr self,
                                             house_ptr home);

} // namespace troupe
