#include "store/sqlite_query.hpp"

namespace troupe::store {

key_bytes::key_bytes(core::id x) {
  for (size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(x.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(x.low >> (56 - 8 * i));
  }
}

void binder::note(int code) {
  if (code != SQLITE_OK && code_ == SQLITE_OK)
    code_ = code;
}

binder& binder::number(int64_t x) {
  note(sqlite3_bind_int64(statement_, ++at_, x));
  return *this;
}

binder& binder::text(std::string_view x) {
  return x.empty() ? null() : word(x);
}

binder& binder::word(std::string_view x) {
  // A null pointer would bind NULL.
  const auto* data = x.empty() ? "" : x.data();
  note(sqlite3_bind_text64(statement_, ++at_, data, x.size(), SQLITE_STATIC,
                           SQLITE_UTF8));
  return *this;
}

binder& binder::bytes(std::string_view x) {
  if (x.empty())
    return null();
  note(
    sqlite3_bind_blob64(statement_, ++at_, x.data(), x.size(), SQLITE_STATIC));
  return *this;
}

binder& binder::time(core::instant x) {
  return x == core::no_instant ? null() : number(core::to_us(x));
}

binder& binder::null() {
  note(sqlite3_bind_null(statement_, ++at_));
  return *this;
}

query::query(sqlite3_stmt* statement, int code)
  : statement_(statement), code_(code) {}

query::~query() {
  if (statement_ == nullptr)
    return;
  sqlite3_reset(statement_);
  // Bound values are not owned; none may be looked at after this use.
  sqlite3_clear_bindings(statement_);
}

bool query::next() {
  if (!ok())
    return false;
  auto code = sqlite3_step(statement_);
  if (code == SQLITE_ROW)
    return true;
  if (code != SQLITE_DONE)
    code_ = code;
  return false;
}

bool query::run() {
  while (next())
    ;
  return ok();
}

bool query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool query::is_blob(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_BLOB;
}

int64_t query::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view query::view(int column) const {
  // In this order: asking for the bytes first could convert in between.
  const auto* data =
    static_cast<const char*>(sqlite3_column_blob(statement_, column));
  auto size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view{data, static_cast<size_t>(size)};
}

core::id query::key(int column) const {
  auto bytes = view(column);
  return bytes.size() == 16 ? core::id_from_bytes(bytes) : core::id{};
}

core::instant query::time(int column) const {
  return core::from_us(number(column)); // NULL reads as 0: none.
}

} // namespace troupe::store
