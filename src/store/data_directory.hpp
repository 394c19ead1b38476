#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/result.hpp"

namespace troupe::store {

/// The directory of a store: who owns it, how full its disk is, and the room
/// kept for bad days. Holds the lock while it lives.
class data_directory {
public:
  /// Makes the directory where it is missing; refuses network file systems
  /// (their locks and shared memory do not keep what SQLite needs) and a
  /// directory that another process (or another writer of this one) holds.
  static core::result<std::unique_ptr<data_directory>>
  take(const std::filesystem::path& path);

  ~data_directory();
  data_directory(const data_directory&) = delete;
  data_directory& operator=(const data_directory&) = delete;

  std::filesystem::path database() const { return path_ / "troupe.db"; }
  std::filesystem::path wal() const { return path_ / "troupe.db-wal"; }
  const std::filesystem::path& path() const { return path_; }

  /// Part of the disk that is used, 0 to 1; 0 where nobody can tell.
  double disk_used() const;

  /// Bytes of the disk that we may use; the highest where nobody can tell.
  uint64_t disk_free() const;

  /// Keeps `bytes` of the disk for later, if four times as much is free. False
  /// if it is not kept.
  bool keep_ballast(uint64_t bytes);
  /// False: there was none.
  bool release_ballast();

  /// The same for what only the start of a node may use: without it, a node
  /// that ended on a full disk could not even be asked. Beside the ballast,
  /// because that is gone by then.
  bool keep_start_room();
  bool release_start_room();
  static constexpr uint64_t start_room_bytes = 1u << 20;

  /// The generation of the store that was here before, 0 for none: kept beside
  /// the database, because a restore may find that one unreadable.
  uint64_t generation() const;
  failure set_generation(uint64_t generation);

  /// The file that stands in a directory while it is restored.
  static constexpr const char* restore_mark = "restore-under-way";
  /// A restore that was broken off leaves no store worth opening.
  failure mark_restore(bool under_way);
  bool restore_under_way() const;

private:
  data_directory(std::filesystem::path path, int lock);
  bool keep(const char* name, uint64_t bytes) const;
  bool release(const char* name) const;

  std::filesystem::path path_;
  int lock_;
};

/// Nobody but its owner may read it from now on.
void keep_from_others(const std::filesystem::path& file);

/// An empty file for its owner alone. SQLite gives a log the rights of its
/// database.
failure make_private(const std::filesystem::path& file);

/// Makes the newest names in a directory, or the content of a file, durable.
failure sync_path(const std::filesystem::path& path);

} // namespace troupe::store
