#include <algorithm>
#include <fstream>
#include <string_view>
#include <system_error>

#include "store/database_copy.hpp"
#include "store/database_file.hpp"
#include "store/schema.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::store {

namespace {

namespace fs = std::filesystem;

/// Every SQLite database begins with these 16 bytes.
bool is_database(const fs::path& file) {
  constexpr std::string_view begin{"SQLite format 3\0", 16};
  std::string found(begin.size(), '\0');
  std::ifstream in{file, std::ios::binary};
  in.read(found.data(), static_cast<std::streamsize>(found.size()));
  return in && found == begin;
}

/// Reads the whole backup: better to find out before the old store is moved.
failure check_backup(connection& db) {
  auto version = schema_version(db);
  if (!version)
    return version.error();
  if (*version == 0)
    return {errc::invalid, category::validation,
            db.file().string()
              + " is no store of troupe; name a file that `troupe backup` has "
                "made"};
  if (*version > migrations().back().version)
    return {errc::invalid, category::validation,
            db.file().string()
              + " was made by a newer version of troupe; use that one"};
  auto q = db.use("PRAGMA integrity_check(1)");
  if (q.next() && q.view(0) == "ok")
    return {};
  auto detail = q.ok() ? q.string(0) : std::string{sqlite3_errstr(q.code())};
  return {errc::invalid, category::data_corruption,
          db.file().string() + " is damaged (" + detail
            + "); use another backup"};
}

/// Of the store that is in place now; 0 where nobody can read it.
uint64_t generation_in(const fs::path& file, const sqlite_options& options) {
  auto db = connection::open(file, connection::role::reader, options);
  if (!db)
    return 0;
  auto value = get_meta(**db, "generation");
  return value ? static_cast<uint64_t>(*value) : 0;
}

failure stamp(const fs::path& file, uint64_t generation,
              const sqlite_options& options) {
  auto db = connection::open(file, connection::role::single, options);
  if (!db)
    return db.error();
  auto code = set_meta(**db, "generation", static_cast<int64_t>(generation));
  // What was under way when the backup was made, is not any more.
  if (code == SQLITE_OK)
    code = set_meta(**db, "clean", 0);
  return code == SQLITE_OK ? failure{} : (*db)->why(code, "cannot write");
}

failure put_aside(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(file, code)) {
    remove_database(file); // A log without its database.
    return {};
  }
  fs::path aside;
  auto number = 1;
  do
    aside = file.string() + ".replaced-" + std::to_string(number++);
  while (fs::exists(aside, code));
  for (const auto* suffix : {"-wal", ""}) {
    fs::path from = file.string() + suffix;
    if (fs::exists(from, code))
      fs::rename(from, aside.string() + suffix, code);
    if (code)
      return {errc::store_failed, category::resource,
              "cannot put " + from.string() + " aside: " + code.message()
                + "; check the directory's permissions"};
  }
  remove_database(file); // What is left is its shared memory.
  return {};
}

failure exchange(data_directory& place, const fs::path& fresh) {
  // Until all files are in their places, nobody may take the store for one
  // that was never written.
  if (auto bad = place.mark_restore(true))
    return bad;
  if (auto bad = put_aside(place.database()))
    return bad;
  std::error_code code;
  fs::rename(fresh, place.database(), code);
  if (code)
    return {errc::store_failed, category::resource,
            "cannot rename " + fresh.string() + ": " + code.message()
              + "; mend this and restore again"};
  if (auto bad = sync_path(place.path()))
    return bad;
  return place.mark_restore(false);
}

/// A copy of the checked backup at `fresh`; answers its generation.
core::result<uint64_t> copy_backup(connection& from, const fs::path& fresh,
                                   const sqlite_options& options) {
  auto known = get_meta(from, "generation");
  if (!known)
    return known.error();
  if (auto bad = copy_database(from, fresh, options)) {
    remove_database(fresh); // Half a copy is of no use, and takes room.
    return bad;
  }
  return static_cast<uint64_t>(*known);
}

} // namespace

failure restore(const fs::path& backup, const fs::path& directory) {
  sqlite_options options;
  options.directory = directory;
  std::error_code code;
  if (!fs::exists(backup, code))
    return {errc::not_found, category::validation,
            "there is no backup at " + backup.string()};
  if (!is_database(backup))
    return {errc::invalid, category::validation,
            backup.string()
              + " is no store: it is no SQLite database; name a file that "
                "`troupe backup` has made"};
  // Before anything is made or locked: a bad backup changes nothing.
  auto from = connection::open(backup, connection::role::reader, options);
  if (!from)
    return from.error();
  if (auto bad = check_backup(**from))
    return bad;
  auto taken = data_directory::take(directory);
  if (!taken)
    return taken.error();
  auto& place = **taken;
  auto fresh = directory / "troupe.db.new";
  remove_database(fresh);
  auto copied = copy_backup(**from, fresh, options);
  if (!copied)
    return copied.error();
  auto generation = std::max({*copied, place.generation(),
                              generation_in(place.database(), options)})
                    + 1;
  if (auto bad = stamp(fresh, generation, options))
    return bad;
  // Before the database is in place: a generation may be skipped, but never
  // given twice.
  if (auto bad = place.set_generation(generation))
    return bad;
  return exchange(place, fresh);
}

} // namespace troupe::store
