#pragma once

#include <deque>
#include <list>
#include <map>

#include "actors/house.hpp"

namespace troupe {

struct feed_state {
  static inline const char* name = "feed";
  struct follower {
    core::id run; // nil: all runs.
    feed_callback tell;
  };
  std::list<follower> followers;
};

/// Limits; a follower beyond it is told that it lost the thread.
inline constexpr size_t feed_followers_max = 10'000;

/// Passes committed facts on to who follows them, decoded once.
feed_actor::behavior_type feed(feed_actor::stateful_pointer<feed_state> self);

} // namespace troupe
