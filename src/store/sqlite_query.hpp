#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "core/id.hpp"
#include "core/time.hpp"

namespace troupe::store {

/// An id as the 16 bytes of a key, without an allocation.
struct key_bytes {
  std::array<char, 16> bytes{};
  key_bytes() = default;
  explicit key_bytes(core::id x);
  std::string_view view() const { return {bytes.data(), bytes.size()}; }
};

/// Bytes for a BLOB column; plain texts go to TEXT columns.
struct raw {
  std::string_view bytes;
};

/// Binds one value after the other, all without copies: what is bound must
/// live until the statement is done. Empty texts and times become NULL,
/// except a `word`'s (for columns that are part of a key).
class binder {
public:
  explicit binder(sqlite3_stmt* statement) : statement_(statement) {}

  binder& number(int64_t x);
  binder& text(std::string_view x);  // As TEXT, whatever bytes it holds.
  binder& word(std::string_view x);  // As TEXT, also where it is empty.
  binder& bytes(std::string_view x); // As BLOB.
  binder& time(core::instant x);
  binder& key(const key_bytes& x) { return bytes(x.view()); }
  binder& null();

  /// The first code that was not SQLITE_OK.
  int code() const { return code_; }

private:
  void note(int code);

  sqlite3_stmt* statement_;
  int at_ = 0;
  int code_ = SQLITE_OK;
};

/// One use of a prepared statement; resets it at its end.
class query {
public:
  /// `code` says why there is no statement.
  query(sqlite3_stmt* statement, int code);
  ~query();
  query(const query&) = delete;
  query& operator=(const query&) = delete;

  /// Ids are copied, texts are not. REQUIRES: before the first row, at most
  /// once, with at most four ids.
  template <class... Ts>
  query& bind(const Ts&... values) {
    if (statement_ != nullptr) {
      binder to{statement_};
      (bind_one(to, values), ...);
      if (to.code() != SQLITE_OK)
        code_ = to.code();
    }
    return *this;
  }

  /// Steps on. False at the end and on errors: look at `ok`.
  bool next();
  /// Runs a statement without rows to its end.
  bool run();
  bool ok() const { return code_ == SQLITE_OK; }
  int code() const { return code_; }

  bool is_null(int column) const;
  bool is_blob(int column) const;
  int64_t number(int column) const;
  template <class T>
  T as(int column) const {
    return static_cast<T>(number(column));
  }
  std::string_view view(int column) const; // Until the next step.
  std::string string(int column) const { return std::string{view(column)}; }
  core::id key(int column) const;
  core::instant time(int column) const;

private:
  void bind_one(binder& to, core::id x) {
    auto& kept = ids_.at(ids_used_++);
    kept = key_bytes{x};
    to.key(kept);
  }
  static void bind_one(binder& to, raw x) { to.bytes(x.bytes); }
  static void bind_one(binder& to, core::instant x) { to.time(x); }
  static void bind_one(binder& to, std::string_view x) { to.word(x); }
  static void bind_one(binder& to, const std::string& x) { to.word(x); }
  template <class T>
  requires std::is_integral_v<T>
  static void bind_one(binder& to, T x) { to.number(static_cast<int64_t>(x)); }

  sqlite3_stmt* statement_;
  int code_;
  std::array<key_bytes, 4> ids_;
  size_t ids_used_ = 0;
};

} // namespace troupe::store
