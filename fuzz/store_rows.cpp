#include "input.hpp"
#include "slices.hpp"
#include "store/row_reader.hpp"
#include "store/sqlite_connection.hpp"
#include "store/statements.hpp"

// Rows of a database that somebody else wrote: any type in any column.

using namespace troupe;
using fuzz::must;

namespace {

constexpr int columns = 32;

/// A statement whose one row are its own arguments.
std::string echo_sql() {
  std::string sql = "SELECT ?";
  for (int i = 1; i < columns; ++i)
    sql += ",?";
  return sql;
}

void bind_any(sqlite3_stmt* to, int column, fuzz::slices& from) {
  auto kind = from.below(5);
  auto bytes = kind < 3 ? std::string{} : from.text(40);
  auto size = static_cast<int>(bytes.size());
  switch (kind) {
    case 0:
      sqlite3_bind_null(to, column);
      break;
    case 1:
      sqlite3_bind_int64(to, column, from.number<int64_t>());
      break;
    case 2:
      sqlite3_bind_double(to, column, from.number<double>());
      break;
    case 3:
      sqlite3_bind_text(to, column, bytes.data(), size, SQLITE_TRANSIENT);
      break;
    default:
      sqlite3_bind_blob(to, column, bytes.data(), size, SQLITE_TRANSIENT);
  }
}

/// An empty store, in memory.
store::connection& database() {
  static auto db = [] {
    auto made =
      store::connection::open(":memory:", store::connection::role::single, {});
    must(static_cast<bool>(made), "a database in memory");
    (*made)->run("CREATE TABLE blobs(workspace TEXT, hash TEXT, bytes BLOB);"
                 "INSERT INTO blobs VALUES('w','h','{}'),('','',x'ff00')");
    return std::move(*made);
  }();
  return *db;
}

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::slices from{fuzz::text_of(data, size)};
  auto& db = database();
  static const auto sql = echo_sql();
  auto q = db.use(sql);
  sqlite3_stmt* statement = nullptr;
  must(db.keep(sql, statement) == SQLITE_OK, "the statement is fine");
  for (int i = 1; i <= columns; ++i)
    bind_any(statement, i, from);
  must(q.next(), "there is a row");
  using form = store::row_reader::form;
  store::row_reader reader{db, from.below(2) == 0 ? form::whole : form::page};
  auto run = reader.run(q);
  auto task = reader.task(q);
  reader.attempt(q);
  reader.decision(q);
  if (!reader.why())
    must(static_cast<int>(run.state) < 16 && static_cast<int>(task.state) < 16,
         "a state that does not exist is reported");
  return 0;
}
