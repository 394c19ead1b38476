#include "store/database_file.hpp"

#include <system_error>

#include "store/schema.hpp"

namespace troupe::store {

namespace {

namespace fs = std::filesystem;

failure move_into_place(const fs::path& from, const fs::path& to) {
  if (auto bad = make_private(file))
    return bad;
  if (auto bad = sync_path(from))
    return bad;
  std::error_code code;
  fs::rename(from, to, code);
  if (code)
    return {errc::store_failed, category::resource,
            "cannot rename " + from.string() + " to " + to.string() + ": "
              + code.message() + "; check the directory's permissions"};
  return sync_path(to.parent_path().empty() ? fs::path{"."} : to.parent_path());
}

failure build(const fs::path& file, const sqlite_options& options) {
  auto made = connection::open(file, connection::role::single, options);
  if (!made)
    return made.error();
  auto& db = **made;
  if (auto bad = migrate(db, migrations()))
    return bad;
  auto code = set_meta(db, "clean", 1);
  return code == SQLITE_OK ? failure{} : db.why(code, "cannot set up");
}

failure copy_pages(connection& from, connection& to) {
  auto* copy = sqlite3_backup_init(to.raw(), "main", from.raw(), "main");
  if (copy == nullptr)
    return to.why(sqlite3_extended_errcode(to.raw()), "cannot write");
  auto step = sqlite3_backup_step(copy, -1);
  auto code = sqlite3_backup_finish(copy);
  if (code == SQLITE_OK && step != SQLITE_DONE)
    code = step; // Busy or locked is no error to `finish`.
  if (code != SQLITE_OK)
    return to.why(code, "cannot write");
  // One file on its own, readable where nobody may write.
  code = to.run("PRAGMA journal_mode=DELETE");
  return code == SQLITE_OK ? failure{} : to.why(code, "cannot finish");
}

} // namespace

void remove_database(const fs::path& file) {
  std::error_code ignored;
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"})
    fs::remove(file.string() + suffix, ignored);
}

failure make_database(const data_directory& directory,
                      const sqlite_options& options) {
  auto fresh = directory.path() / "troupe.db.new";
  remove_database(fresh);
  if (auto bad = build(fresh, options)) {
    remove_database(fresh);
    return bad;
  }
  return move_into_place(fresh, directory.database());
}

failure check_files(const data_directory& directory) {
  std::error_code code;
  auto file = directory.database();
  if (directory.restore_under_way())
    return {errc::store_failed, category::data_corruption,
            "a restore of " + file.string()
              + " was broken off; restore the backup again"};
  auto exists = fs::exists(file, code);
  if (exists && fs::file_size(file, code) == 0)
    return {
      errc::store_failed, category::data_corruption,
      file.string()
        + " is empty, which troupe never leaves behind; restore a backup, "
          "or remove the file to begin anew"};
  if (!exists && fs::exists(directory.wal(), code)
      && fs::file_size(directory.wal(), code) > 0)
    return {errc::store_failed, category::data_corruption,
            directory.wal().string()
              + " has no troupe.db beside it; put the file back or restore a "
                "backup"};
  return {};
}

failure copy_database(connection& from, const fs::path& to,
                      const sqlite_options& options) {
  fs::path part = to.string() + ".part";
  remove_database(part);
  auto copied = [&]() -> failure {
    auto made = connection::open(part, connection::role::single, options);
    return made ? copy_pages(from, **made) : made.error();
  }(); // Closed before it is moved.
  if (!copied)
    copied = move_into_place(part, to);
  if (copied)
    remove_database(part);
  return copied;
}

} // namespace troupe::store
