#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/facts.hpp"
#include "core/run.hpp"
#include "core/store.hpp"

namespace troupe::core {

/// What a shard gathers while its last batch is being written. A row that
/// changes twice before it is written is written once.
class gathering {
public:
  /// Adds what a run wants to have happened; takes the rows out of `effects`.
  void add(run_effects& effects);
  void add(definition_row row);
  void add(strategy_row row);
  void add(note_row row);
  void add(key_row row);
  void add(fact x);

  bool empty() const { return !any_; }
  /// About how much it holds: for the limit of what may be pending.
  size_t bytes() const { return bytes_; }

  /// The batch, and starts anew.
  batch take(uint32_t shard, uint64_t epoch, uint64_t first_seq);

private:
  void add(run_row row);
  void add(task_row row);

  batch next_;
  fact_writer facts_;
  std::unordered_map<id, size_t> runs_;  // Where in `next_`; never iterated.
  std::unordered_map<id, size_t> tasks_; // The same.
  size_t bytes_ = 0;
  bool any_ = false;
};

} // namespace troupe::core
