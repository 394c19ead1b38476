#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/facts.hpp"
#include "core/store.hpp"
#include "core/webhook.hpp"

namespace troupe::runtime {

/// What a webhook is interested in.
struct webhook_wish {
  std::string workspace;
  std::vector<core::fact_kind> kinds; // Empty: all.
  bool facts = true;                  // False: it wants alerts only.
};

/// Which runs are of a webhook's workspace, as far as it was looked up.
using known_runs = std::unordered_map<core::id, bool>;

struct webhook_reading {
  core::webhook_book::positions after; // Where the next reading goes on.
  std::vector<std::string> events;     // JSON objects.
  uint64_t lost = 0; // Facts that retention took before they were read.
  failure why;       // Set: it could not be read further.
  uint32_t next = 0; // The shard to begin with then.
};

/// The next events from `at` up to `newest`: at most so many that they fit into
/// one delivery, and from so much of the history that a reader is soon free
/// again. Begins with the shard `first`, so that busy ones do not keep others
/// from their turn. On a reader's thread.
webhook_reading read_events(core::store_reader& from, const webhook_wish& wish,
                            core::webhook_book::positions at,
                            const core::webhook_book::positions& newest,
                            uint32_t first, known_runs& known);

} // namespace troupe::runtime
