#pragma once

#include <map>

#include "actors/house.hpp"

namespace troupe {

struct desk_state {
  static inline const char* name = "desk";
  struct open_command {
    command what;
    answer_callback then;
    uint64_t life = 0; // Of the shard it was given to; 0: not given yet.
  };
  house_ptr home;
  std::vector<child_ref<shard_actor>> shards;
  uint64_t last_number = 0;
  std::map<uint64_t, open_command> open; // By number: in order.
  bool looking = false;                  // A tick is on its way.
};

/// Gives commands to the shards and keeps them until they are answered: a shard
/// that begins anew gets them again.
desk_actor::behavior_type desk(desk_actor::stateful_pointer<desk_state> self,
                               house_ptr home);

} // namespace troupe
