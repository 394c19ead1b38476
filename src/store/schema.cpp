#include "store/schema.hpp"

namespace troupe::store {

namespace {

int apply(connection& db, const migration& step) {
  if (auto code = db.run("BEGIN IMMEDIATE"); code != SQLITE_OK)
    return code;
  auto code = db.run(step.sql.c_str());
  if (code == SQLITE_OK)
    code = set_meta(db, "schema_version", step.version);
  if (code == SQLITE_OK)
    code = db.run("COMMIT");
  if (code != SQLITE_OK && sqlite3_get_autocommit(db.raw()) == 0)
    db.run("ROLLBACK");
  return code;
}

int prepare_empty(connection& db) {
  auto sql = "PRAGMA application_id=" + std::to_string(application_id)
             + "; CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT "
               "NULL) WITHOUT ROWID;";
  return db.run(sql.c_str());
}

core::result<bool> has_meta(connection& db) {
  auto q = db.use("SELECT 1 FROM sqlite_schema WHERE name='meta'");
  auto found = q.next();
  if (!q.ok())
    return db.why(q.code(), "cannot read");
  return found;
}

failure check_owner(connection& db) {
  auto q = db.use("PRAGMA application_id");
  auto found = q.next() ? q.number(0) : 0;
  if (!q.ok())
    return db.why(q.code(), "cannot read");
  if (found == application_id)
    return {};
  return {errc::store_failed, category::validation,
          db.file().string()
            + " is a database of another program; choose another data "
              "directory"};
}

} // namespace

core::result<int64_t> get_meta(connection& db, const std::string& name) {
  auto q = db.use("SELECT value FROM meta WHERE name=?");
  q.bind(name);
  auto value = q.next() ? q.number(0) : 0;
  if (!q.ok())
    return db.why(q.code(), "cannot read");
  return value;
}

int set_meta(connection& db, const std::string& name, int64_t value) {
  auto q = db.use("INSERT INTO meta VALUES(?,?) ON CONFLICT(name) DO UPDATE "
                  "SET value=excluded.value");
  q.bind(name, value).run();
  return q.code();
}

core::result<uint32_t> schema_version(connection& db) {
  auto known = has_meta(db);
  if (!known)
    return known.error();
  if (!*known)
    return uint32_t{0};
  if (auto bad = check_owner(db))
    return bad;
  auto value = get_meta(db, "schema_version");
  if (!value)
    return value.error();
  return static_cast<uint32_t>(*value);
}

failure migrate(connection& db, std::span<const migration> steps) {
  auto have = schema_version(db);
  if (!have)
    return have.error();
  auto newest = steps.back().version;
  if (*have > newest)
    return {errc::store_failed, category::validation,
            db.file().string() + " has schema " + std::to_string(*have)
              + ", this program knows up to " + std::to_string(newest)
              + "; use the newer version of troupe that wrote it"};
  if (*have == newest)
    return {};
  if (*have == 0)
    if (auto code = prepare_empty(db); code != SQLITE_OK)
      return db.why(code, "cannot set up");
  for (const auto& step : steps)
    if (step.version > *have)
      if (auto code = apply(db, step); code != SQLITE_OK)
        return db.why(code, "cannot migrate to schema "
                              + std::to_string(step.version));
  if (auto code = db.run(views_sql().c_str()); code != SQLITE_OK)
    return db.why(code, "cannot make the views of");
  return {};
}

} // namespace troupe::store
