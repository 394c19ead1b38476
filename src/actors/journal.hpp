#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/typed_response_promise.hpp>

#include "actors/house.hpp"

namespace troupe {

/// Hears of each batch that has become durable, on the journal's thread: it
/// must be quick. The batch is shared and nobody changes it any more.
using commit_listener = std::function<void(const batch_ptr&)>;

/// What outlives a journal actor: the open store. No transaction is ever open
/// between two of its messages, so a killed journal leaves it in order.
struct open_store {
  std::unique_ptr<core::store_writer> writer;
  core::opened facts;
  /// Opened anew after nobody knew what the disk held: what followers heard
  /// may have a gap.
  bool reopened = false;
  std::vector<commit_listener> listeners; // Before the first journal.
};
using open_store_ptr = std::shared_ptr<open_store>;

struct journal_state {
  static inline const char* name = "journal";
  house_ptr home;
  std::vector<child_ref<shard_actor>> shards; // Own copies.
  child_ref<feed_actor> feed;
  open_store_ptr store;
  std::vector<batch_ptr> pending; // At most one per shard.
  bool settling = false;          // A `settle` is on its way to us.
  bool blocked = false;           // The disk is full or read-only.
  bool low = false;               // Little of it is left.
  bool intake = true;             // As the shards were told.
  std::string copy_to;            // The backup under way; empty: none.
  caf::typed_response_promise<caf::ok_atom> copy_asked;
};

/// Spawn it detached in production: it waits for the disk.
journal_actor::behavior_type
journal(journal_actor::stateful_pointer<journal_state> self, house_ptr home,
        open_store_ptr store);

} // namespace troupe
