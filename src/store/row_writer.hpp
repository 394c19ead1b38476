#pragma once

#include <string>

#include "core/store.hpp"
#include "store/blobs.hpp"
#include "store/sqlite_connection.hpp"

namespace troupe::store {

/// Writes the rows of batches: the hot path. Every function answers SQLITE_OK,
/// SQLITE_CONSTRAINT where a row contradicts what is stored (a fresh one that
/// exists, a change of one that does not), or what SQLite says.
class row_writer {
public:
  row_writer(connection& db, size_t blob_threshold);

  /// REQUIRES: once, on a migrated database.
  int prepare();

  /// Everything but the facts.
  int write(const core::batch& b);

  uint64_t rows() const { return rows_; }

private:
  template <class Row>
  int write_all(const std::vector<Row>& rows);
  int write(const core::definition_row& x);
  int write(const core::key_row& x);
  int write(const core::run_row& x);
  int write(const core::task_row& x);
  int write(const core::attempt_row& x);
  int write(const core::decision_row& x);
  int write(const core::signal_row& x);
  int write(const core::cache_row& x);
  int write(const core::log_row& x);
  int write(const core::strategy_row& x);
  int write(const core::audit_row& x);
  int write(const core::note_row& x);

  void bind_changes(binder& to, const core::run_row& x);
  void bind_changes(binder& to, const core::task_row& x);
  void bind_payloads(binder& to, const core::task_row& x);
  int finish(sqlite3_stmt* statement, int bound, int rows_wanted);

  connection& db_;
  blob_sink blobs_;
  std::string counts_; // Text of a run's counts while its row is bound.
  std::string ids_;    // The same of its commands.
  uint64_t rows_ = 0;
  // Kept by db_; the few that matter are looked up once.
  sqlite3_stmt* insert_run_ = nullptr;
  sqlite3_stmt* update_run_ = nullptr;
  sqlite3_stmt* insert_task_ = nullptr;
  sqlite3_stmt* update_task_ = nullptr;
  sqlite3_stmt* insert_key_ = nullptr;
  sqlite3_stmt* put_attempt_ = nullptr;
};

/// "[0,3,12]", as the counts of a run are stored.
void counts_to(std::string& text, const std::vector<uint32_t>& counts);
std::vector<uint32_t> counts_from(std::string_view text);

/// Ids one behind the other, 16 bytes each.
void ids_to(std::string& bytes, const std::vector<core::id>& ids);
std::vector<core::id> ids_from(std::string_view bytes);

/// The newest stamp of any row in `b` that says what has happened.
core::instant newest_stamp(const core::batch& b);

} // namespace troupe::store
