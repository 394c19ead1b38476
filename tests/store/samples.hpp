#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/store.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"

// Rows and stores for the tests of this folder.

namespace troupe::test {

inline constexpr uint32_t shards = 4;
inline const core::instant t0 = core::from_us(1'790'000'000'000'000);

/// A directory of its own, gone at the end.
class scratch {
public:
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }
  troupe::store::sqlite_options options() const;

private:
  std::filesystem::path path_;
};

/// The `unique`-th run of a shard, all its columns set to something.
core::run_row sample_run(uint32_t shard, uint32_t unique);
/// With every column set.
core::task_row sample_task(core::id run, uint32_t number);

/// A writer with the sequences of its shards.
struct session {
  explicit session(core::store& of, core::instant now = t0);
  /// Gives `b` its epoch and place; `facts` of them.
  core::batch& place(core::batch& b, uint32_t facts = 1);
  /// Places, appends and counts on.
  core::commit_report append(core::batch& b, uint32_t facts = 1);

  std::unique_ptr<core::store_writer> writer;
  core::opened state;
};

/// A run with `tasks` queued tasks, whose counts are right.
core::batch sample_batch(uint32_t shard, uint32_t unique, uint32_t tasks);

} // namespace troupe::test
