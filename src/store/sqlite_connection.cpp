#include "store/sqlite_connection.hpp"

#include <cerrno>
#include <cstring>

#include "store/log_vfs.hpp"

namespace troupe::store {

namespace {

bool no_room(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT
         || system_error == EROFS;
}

} // namespace

failure explain(int code, const std::string& doing,
                const std::filesystem::path& file, const std::string& detail) {
  auto what = doing + " " + file.string() + ": " + detail;
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {errc::store_full, category::resource,
              what + "; free some space on this disk"};
    case SQLITE_READONLY:
      return {errc::store_full, category::resource,
              what + "; make the directory and its files writable"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {errc::store_locked, category::resource,
              what + "; end the program that holds it open for writing"};
    case SQLITE_INTERRUPT:
      return {errc::timed_out, category::timeout,
              what + ": the read took longer than read_deadline; narrow it"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {errc::store_failed, category::data_corruption,
              what
                + "; the file is damaged: run `troupe doctor`, or restore a "
                  "backup"};
    default:
      return {errc::store_failed, category::resource,
              what + "; run `troupe doctor` on the data directory"};
  }
}

core::commit meaning(int code, int system_error) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return core::commit::rolled_back;
    case SQLITE_CONSTRAINT:
      return core::commit::fenced;
    default:
      // A write that found no room left nothing behind. A sync that fails is
      // another matter: the frames may reach the disk or not.
      return code == SQLITE_IOERR_WRITE && no_room(system_error)
               ? core::commit::rolled_back
               : core::commit::unknown;
  }
}

core::result<std::unique_ptr<connection>>
connection::open(const std::filesystem::path& file, role as,
                 const sqlite_options& options) {
  auto made = std::make_unique<connection>();
  made->file_ = file;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= as == role::reader ? SQLITE_OPEN_READONLY
                              : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  auto vfs = options.vfs;
  if (as == role::writer && options.sync == durability::full)
    if (auto gathering = log_vfs(vfs); !gathering.empty())
      vfs = gathering;
  sqlite3* db = nullptr;
  auto code = sqlite3_open_v2(file.c_str(), &db, flags,
                              vfs.empty() ? nullptr : vfs.c_str());
  made->db_.reset(db);
  if (code != SQLITE_OK)
    return made->why(code, "cannot open");
  if (auto bad = made->set_up(as, options))
    return bad;
  return made;
}

failure connection::set_up(role as, const sqlite_options& options) {
  // Some seconds for a person with the sqlite3 shell; ours never wait.
  sqlite3_busy_timeout(raw(), 5000);
  // On every connection: a close is not the time to checkpoint, and readers
  // must never do it (SQLite before 3.51.3 can corrupt a WAL if two do).
  sqlite3_db_config(raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(raw(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  std::string settings = "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
                         "PRAGMA mmap_size=0; PRAGMA wal_autocheckpoint=0;"
                         "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-"
                         + std::to_string(options.cache_kib) + ";";
  if (as == role::reader)
    settings += "PRAGMA query_only=ON;";
  else
    settings += options.sync == durability::full ? "PRAGMA synchronous=FULL;"
                                                 : "PRAGMA synchronous=NORMAL;";
  // Reading the schema is what finds a file that is no database.
  settings += "SELECT count(*) FROM sqlite_schema;";
  auto code = run(settings.c_str());
  return code == SQLITE_OK ? failure{} : why(code, "cannot open");
}

query connection::use(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  auto code = keep(sql, statement);
  return {statement, code};
}

int connection::keep(const std::string& sql, sqlite3_stmt*& to) {
  auto& kept = statements_[sql];
  if (!kept) {
    sqlite3_stmt* made = nullptr;
    auto code =
      sqlite3_prepare_v3(raw(), sql.c_str(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    kept.reset(made);
    if (code != SQLITE_OK)
      return code;
  }
  to = kept.get();
  return SQLITE_OK;
}

int connection::run(const char* sql) {
  return sqlite3_exec(raw(), sql, nullptr, nullptr, nullptr);
}

failure connection::why(int code, const std::string& doing) const {
  std::string detail = sqlite3_errstr(code);
  if (db_) {
    if (sqlite3_extended_errcode(raw()) == code)
      detail = sqlite3_errmsg(raw());
    if (auto error = sqlite3_system_errno(raw());
        error != 0 && (code & 0xff) != SQLITE_CORRUPT)
      detail += std::string{" ("} + std::strerror(error) + ")";
  }
  return explain(code, doing, file_, detail);
}

core::commit connection::meaning_of(int code) const {
  return meaning(code, sqlite3_system_errno(raw()));
}

} // namespace troupe::store
