#include "store/database_file.hpp"

#include <system_error>

#include "store/schema.hpp"

namespace troupe::store {

namespace {

namespace fs = std::filesystem;

failure build(const fs::path& file, const sqlite_options& options) {
  if (auto bad = make_private(file))
    return bad;
  auto made = connection::open(file, connection::role::single, options);
  if (!made)
    return made.error();
  auto& db = **made;
  if (auto bad = migrate(db, migrations()))
    return bad;
  auto code = set_meta(db, "clean", 1);
  return code == SQLITE_OK ? failure{} : db.why(code, "cannot set up");
}

} // namespace

failure move_into_place(const fs::path& from, const fs::path& to) {
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

} // namespace troupe::store
