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

/// The store for tests and simulation: as strict as SQLite's about epochs,
/// sequences and rows, always in the same order, gone with the object. A writer
/// that is destroyed without `close` is a crash.
std::unique_ptr<core::store>
make_memory_store(std::shared_ptr<memory_faults> faults = {});

} // namespace troupe::store
