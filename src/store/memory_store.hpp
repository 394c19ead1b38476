#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "core/store.hpp"

namespace troupe::store {

/// What shall go wrong in a memory store. Set from any thread; each counts
/// down to 0.
struct memory_faults {
  /// So many appends find the disk full: nothing written, try again.
  std::atomic<uint32_t> rolled_back{0};
  /// So many appends end unknown, without and with having been written. The
  /// writer is of no use after one: open another.
  std::atomic<uint32_t> unknown{0};
  std::atomic<uint32_t> unknown_but_written{0};
  /// So many opens and reads fail.
  std::atomic<uint32_t> opens{0};
  std::atomic<uint32_t> reads{0};
};

/// What a memory store forgets by itself. As it stands: nothing.
struct memory_options {
  /// Ended runs with their tasks go so long after their end; 0: never...
  core::duration runs_kept{0};
  /// ... and the oldest of more than so many; 0: any number.
  size_t ended_runs_max = 0;
  /// Packets of history of each shard, likewise.
  size_t segments_max = 0;
  /// Between two rounds of it.
  core::duration pause = std::chrono::seconds{10};
};

/// The store for tests, simulation, and nodes that keep nothing: as strict as
/// SQLite's about epochs, sequences and rows, always in the same order, gone
/// with the object. A writer that is destroyed without `close` is a crash.
std::unique_ptr<core::store>
make_memory_store(std::shared_ptr<memory_faults> faults = {},
                  memory_options options = {});

} // namespace troupe::store
