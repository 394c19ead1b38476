#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/sha256.hpp"
#include "core/text.hpp"
#include "store/sqlite_connection.hpp"

namespace troupe::store {

// A payload over the threshold stands once in table `blobs`; its column then
// holds a BLOB "blob:sha256:<hex>", while payloads themselves are always TEXT,
// so none can be mistaken for a reference. Nothing is shared across
// workspaces: that would tell one what another has.

/// Writes payloads: what a column shall hold, and the blob behind it.
class blob_sink {
public:
  blob_sink(connection& db, size_t threshold)
    : db_(db), threshold_(threshold) {}

  /// Names the row whose payloads follow. Both must outlive the statement.
  void row_of(std::string_view workspace, std::string_view owner);

  /// Binds the payload or a reference. At most four large ones per row.
  void bind(binder& to, const core::text& payload);

  /// The first code that was not SQLITE_OK, since the last call.
  int take_code();

private:
  std::string_view keep(std::string_view bytes);

  connection& db_;
  size_t threshold_;
  std::string_view workspace_;
  std::string_view owner_;
  std::array<std::string, 4> references_;
  size_t used_ = 0;
  int code_ = SQLITE_OK;
  core::sha256 hash_;
};

/// Reads payloads back, whichever way they were kept.
class blob_source {
public:
  explicit blob_source(connection& db) : db_(db) {}

  core::text read(const query& row, int column, std::string_view workspace);
  /// The same for a page: only the size of what is large is looked at.
  core::text read_brief(const query& row, int column,
                        std::string_view workspace);

  /// Why a payload could not be read, if one could not.
  const failure& why() const { return why_; }

private:
  core::text missing(const query& q, std::string_view reference);

  connection& db_;
  failure why_;
};

/// The owner of a cached output's blob. A run's is its key's bytes.
std::string cache_owner(std::string_view workspace, std::string_view key);

/// Forgets what `owner` used, and the blobs that nobody else uses.
int release_blobs(connection& db, std::string_view owner);

} // namespace troupe::store
