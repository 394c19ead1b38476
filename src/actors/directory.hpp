#pragma once

#include <map>
#include <memory>

#include "actors/house.hpp"
#include "core/history.hpp"

namespace troupe {

struct directory_state {
  static inline const char* name = "directory";
  struct entry {
    hello who;
    core::agent_health health = core::agent_health::healthy;
  };
  house_ptr home;
  child_ref<coordinator_actor> coordinator;
  std::map<std::string, entry> agents;
  core::performance_history history;
  /// What the coordinator was told last, so that it hears only of changes.
  std::map<std::pair<std::string, std::string>, double> told;
};

/// Every agent's profile, health and how well it did.
directory_actor::behavior_type
directory(directory_actor::stateful_pointer<directory_state> self,
          house_ptr home);

} // namespace troupe
