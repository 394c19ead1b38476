#pragma once

#include "actors/house.hpp"
#include "core/attempt.hpp"

namespace troupe {

struct task_actor_state {
  static inline const char* name = "task";
  house_ptr home;
  run_actor owner;
  token key;
  core::attempt live;
};

/// One live execution: from the offer to the end of its attempt.
task_actor::behavior_type
task_actor_fun(task_actor::stateful_pointer<task_actor_state> self,
               house_ptr home, run_actor owner, token key);

} // namespace troupe
