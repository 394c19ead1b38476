#pragma once

#include <cstdint>

#include "store/sqlite_connection.hpp"

namespace troupe::store {

/// Moves the write-ahead log into the database: after every so many bytes
/// without waiting for readers, and down to nothing when the store is idle or
/// the log is too long.
class checkpointer {
public:
  checkpointer(connection& writer, const sqlite_options& options);
  ~checkpointer();
  checkpointer(const checkpointer&) = delete;
  checkpointer& operator=(const checkpointer&) = delete;

  /// A round of upkeep; answers SQLite's code. Readers in the way are no error.
  int run(core::instant now);

  /// Everything, now; for closing.
  int truncate();

private:
  uint64_t wal_bytes() const { return pages_ * page_bytes_; }

  connection& db_;
  sqlite_options options_;
  uint64_t page_bytes_ = 4096;
  uint64_t pages_ = 0;      // In the log, by SQLite's count.
  uint64_t done_pages_ = 0; // Of them, at the last checkpoint.
  uint64_t commits_ = 0;
  uint64_t seen_commits_ = 0;
  core::instant quiet_since_;
  bool empty_ = false; // Nothing was written since the last truncation.
};

} // namespace troupe::store
