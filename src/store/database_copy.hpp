#pragma once

#include <filesystem>
#include <memory>

#include <sqlite3.h>

#include "store/sqlite_connection.hpp"

namespace troupe::store {

/// A consistent copy of an open database, made in slices between its commits.
/// What `from` writes meanwhile goes into the copy, too, so nothing is begun
/// again and no old pages are held. The file has its name when it is complete
/// and durable; a copy that is given up leaves nothing.
class database_copy {
public:
  /// REQUIRES: `from` outlives it, and nobody else writes that database.
  static core::result<std::unique_ptr<database_copy>>
  begin(connection& from, const std::filesystem::path& to,
        const sqlite_options& options);

  ~database_copy();
  database_copy(const database_copy&) = delete;
  database_copy& operator=(const database_copy&) = delete;

  /// Copies some pages; true when all is done.
  core::result<bool> step();

  const std::filesystem::path& target() const { return to_; }

private:
  explicit database_copy(std::filesystem::path to);
  failure finish();

  std::filesystem::path to_;
  std::filesystem::path part_;
  std::unique_ptr<connection> made_;
  sqlite3_backup* copy_ = nullptr;
};

/// All of it at once, where nobody waits.
failure copy_database(connection& from, const std::filesystem::path& to,
                      const sqlite_options& options);

} // namespace troupe::store
