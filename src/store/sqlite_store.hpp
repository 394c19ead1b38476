#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/store.hpp"

// The default store: one directory with one SQLite database. docs/store.md is
// its manual, docs/decisions/0020-sqlite.md says why it is as it is.

namespace troupe::store {

enum class durability : uint8_t {
  full,    // What is committed survives a power cut.
  relaxed, // A power cut may take the newest commits; a crash takes none.
};

/// `sqlite_options{}` is valid and right for one machine.
struct sqlite_options {
  std::filesystem::path directory = "troupe-data";
  durability sync = durability::full;

  /// Payloads over this size are kept once, beside the rows.
  size_t blob_threshold_bytes = 32 * 1024;

  /// Keep ended runs with their tasks this long after their end.
  core::duration runs_kept = std::chrono::days{30};
  /// Keep history (packed facts) this long.
  core::duration history_kept = std::chrono::days{30};
  /// Pause between two rounds of retention.
  core::duration retention_pause = std::chrono::minutes{1};
  /// What one call of `maintain` may take for retention.
  core::duration slice = std::chrono::milliseconds{2};

  // -- limits

  /// Write-ahead log: moved into the database after every so many bytes...
  uint64_t wal_checkpoint_bytes = 16 << 20;
  /// ... and cut to nothing beyond this size, or when idle for so long.
  uint64_t wal_bytes_max = 256 << 20;
  core::duration idle_after = std::chrono::seconds{1};
  /// Room kept for the end of accepted work; given up when the disk is full.
  uint64_t ballast_bytes = 8 << 20;
  /// Memory for pages, per connection. Grows as used.
  uint32_t cache_kib = 32 * 1024;
  /// A single read that takes longer is broken off (`check` excepted).
  core::duration read_deadline = std::chrono::seconds{2};
  /// Rows a filtered page looks at before it answers with what it has and a
  /// cursor; payload bytes of a page, likewise.
  uint32_t scan_rows_max = 100'000;
  uint64_t page_bytes_max = 8 << 20;

  /// Cached outputs; beyond it those that end first go, a round of retention
  /// later.
  uint32_t cached_outputs_max = 100'000;

  /// SQLite VFS; empty: the system's. For tests with faults.
  std::string vfs;
};

/// Nothing is opened before a writer's `open`. Thread-safe in itself; a writer
/// and each reader belong to one thread each.
std::unique_ptr<core::store> make_sqlite_store(sqlite_options options);

/// Puts a backup in the place of the store in `directory` and raises its
/// generation, so that whoever knew the old one is fenced. The old files are
/// kept beside it as `troupe.db.replaced-N`. REQUIRES: nobody has it open.
failure restore(const std::filesystem::path& backup,
                const std::filesystem::path& directory);

/// Epochs grow with every open; a generation outweighs every open.
inline constexpr unsigned generation_shift = 40;

} // namespace troupe::store
