#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <sqlite3.h>

#include "core/result.hpp"
#include "core/store.hpp"
#include "store/sqlite_query.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::store {

/// What went wrong, as a sentence with the file and what to do about it.
failure explain(int code, const std::string& doing,
                const std::filesystem::path& file, const std::string& detail);

/// What a failed write means for the batch.
core::commit meaning(int code, int system_error);

/// One SQLite connection with our settings and its prepared statements.
class connection {
public:
  enum class role : uint8_t {
    writer, // The only one that writes and checkpoints.
    reader, // Read-only; never checkpoints.
    single, // A database on its own: a backup, one that is being made.
  };

  static core::result<std::unique_ptr<connection>>
  open(const std::filesystem::path& file, role as,
       const sqlite_options& options);

  /// Prepares `sql` once and keeps it.
  query use(const std::string& sql);

  /// The same for statements that are used at full speed: `to` stays valid as
  /// long as this connection.
  int keep(const std::string& sql, sqlite3_stmt*& to);

  /// For statements that are few and without values.
  int run(const char* sql);

  failure why(int code, const std::string& doing) const;
  core::commit meaning_of(int code) const;

  sqlite3* raw() const { return db_.get(); }
  const std::filesystem::path& file() const { return file_; }

private:
  struct closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct finalizer {
    void operator()(sqlite3_stmt* x) const { sqlite3_finalize(x); }
  };
  using statement = std::unique_ptr<sqlite3_stmt, finalizer>;

  failure set_up(role as, const sqlite_options& options);

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, closer> db_;
  std::map<std::string, statement> statements_; // Before db_ in destruction.
};

} // namespace troupe::store
