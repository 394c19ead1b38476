#pragma once

#include <functional>
#include <memory>

#include "core/store.hpp"
#include "store/memory_store.hpp"

namespace troupe::sim {

/// What shall go wrong in the simulated store; each number counts down to 0.
struct store_troubles {
  uint32_t unknown = 0;         // Appends that fail, and wrote nothing.
  uint32_t unknown_written = 0; // The same, but it is all there.
  uint32_t crash_before = 0;    // Power goes in the middle: nothing written,
  uint32_t crash_after = 0;     // or all of it, and nobody was told.
  bool full = false;            // Appends are rolled back.
  bool low = false;             // Little of the disk is left.
};

/// The disk: outlives the lives of the node. What a batch wrote is there as a
/// whole or not at all, and what was answered with `done` is synced: the tail
/// that a crash may take is the batch being written.
class disk {
public:
  using committed = std::function<void(const core::batch&)>;
  using opened = std::function<void(const core::opened&)>;

  disk(opened begun, committed told);

  /// A store for one life of the node.
  std::shared_ptr<core::store> mount();

  /// The node of that store is no more: nothing that it still does arrives.
  void unmount();

  /// Power went during a write: nothing may happen any more in this life.
  bool crashed() const { return crashed_; }

  /// Reads what is there, whoever is mounted.
  core::store_reader& look() { return *look_; }

  store_troubles troubles;
  std::shared_ptr<store::memory_faults> faults;
  uint64_t injected = 0; // Troubles that came to pass.

private:
  class mounted_store;
  class writer;

  core::commit_report append(core::store_writer& to, bool& broken,
                             const std::vector<const core::batch*>& batches);

  opened begun_;
  committed told_;
  std::unique_ptr<core::store> tables_;
  std::unique_ptr<core::store_reader> look_;
  std::shared_ptr<bool> powered_; // False: of a life that is over.
  bool crashed_ = false;
};

} // namespace troupe::sim
