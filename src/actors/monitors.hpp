#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "actors/house.hpp"
#include "core/history.hpp"
#include "core/resources.hpp"

// Small actors that look and tell, and never do work: whichever of them is
// killed, nothing but its figures is gone.

namespace troupe {

// -- progress

struct progress_state {
  static inline const char* name = "progress";
  struct told {
    core::instant at;
    std::string eta;
  };
  house_ptr home;
  child_ref<directory_actor> directory;
  std::vector<child_ref<reader_actor>> readers;
  std::shared_ptr<const core::performance_history> history;
  core::instant history_at; // When it was asked for.
  std::map<core::id, told> known;
  std::map<core::id, std::vector<caf::typed_response_promise<std::string>>>
    asked; // A reader is at it.
};

/// However many ask: a run is looked at once a second.
progress_actor::behavior_type
progress_monitor(progress_actor::stateful_pointer<progress_state> self,
                 house_ptr home);

// -- resources

/// Looks at this process and its data directory. Must not block for long.
using sampler = std::function<core::resource_sample()>;

struct resources_state {
  static inline const char* name = "resources";
  house_ptr home;
  sampler sample;
  core::resource_watch watch;
  core::resource_sample last;
  core::instant last_at;
  double cores = 0;
};

resources_actor::behavior_type
resource_monitor(resources_actor::stateful_pointer<resources_state> self,
                 house_ptr home, sampler sample);

// -- clock

/// Eases the clock a bit; returns how far the system's clock is ahead.
using easing = std::function<core::duration()>;

struct clock_state {
  static inline const char* name = "clock";
  house_ptr home;
  easing ease;
  bool told = false; // Of the present jump.
  std::vector<child_ref<shard_actor>> shards;
  std::vector<uint32_t> with_news; // A timer runs if there are any.
};

clock_actor::behavior_type
clock_keeper(clock_actor::stateful_pointer<clock_state> self, house_ptr home,
             easing ease);

} // namespace troupe
