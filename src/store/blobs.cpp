#include "store/blobs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/payload_brief.hpp"

namespace troupe::store {

namespace {

constexpr std::string_view prefix = "blob:sha256:";

std::string_view hash_in(std::string_view reference) {
  reference.remove_prefix(std::min(prefix.size(), reference.size()));
  return reference;
}

} // namespace

void blob_sink::row_of(std::string_view workspace, std::string_view owner) {
  workspace_ = workspace;
  owner_ = owner;
  used_ = 0;
}

void blob_sink::bind(binder& to, const core::text& payload) {
  auto bytes = payload.view();
  if (bytes.size() <= threshold_)
    to.text(bytes);
  else
    to.bytes(keep(bytes));
}

std::string_view blob_sink::keep(std::string_view bytes) {
  auto hex = core::to_hex(hash_.add(bytes).finish());
  auto put = db_.use("INSERT INTO blobs(workspace, hash, bytes) VALUES(?,?,?) "
                     "ON CONFLICT DO NOTHING");
  put.bind(workspace_, hex, raw{bytes}).run();
  auto use =
    db_.use("INSERT INTO blob_uses(owner, workspace, hash) VALUES(?,?,?) "
            "ON CONFLICT DO NOTHING");
  use.bind(raw{owner_}, workspace_, hex).run();
  if (code_ == SQLITE_OK)
    code_ = put.ok() ? use.code() : put.code();
  auto& reference = references_.at(used_++);
  reference = std::string{prefix} + hex;
  return reference;
}

int blob_sink::take_code() {
  return std::exchange(code_, SQLITE_OK);
}

core::text blob_source::read(const query& row, int column,
                             std::string_view workspace) {
  if (!row.is_blob(column))
    return core::text{row.string(column)};
  auto reference = hash_in(row.view(column));
  auto q = db_.use("SELECT bytes FROM blobs WHERE workspace=? AND hash=?");
  if (q.bind(workspace, reference).next())
    return core::text{q.string(0)};
  return missing(q, reference);
}

core::text blob_source::read_brief(const query& row, int column,
                                   std::string_view workspace) {
  if (!row.is_blob(column)) {
    auto payload = row.view(column);
    return payload.size() <= core::listed_bytes_max
             ? core::text{std::string{payload}}
             : core::left_out(payload.size());
  }
  auto reference = hash_in(row.view(column));
  // SQLite knows the length of a blob without reading it.
  auto q =
    db_.use("SELECT length(bytes) FROM blobs WHERE workspace=? AND hash=?");
  if (q.bind(workspace, reference).next())
    return core::left_out(static_cast<uint64_t>(q.number(0)));
  return missing(q, reference);
}

core::text blob_source::missing(const query& q, std::string_view reference) {
  if (!why_)
    why_ = q.ok() ? failure{errc::store_failed, category::data_corruption,
                            db_.file().string() + ": the payload "
                              + std::string{reference}
                              + " is missing; run `troupe doctor`"}
                  : db_.why(q.code(), "cannot read");
  return {};
}

std::string cache_owner(std::string_view workspace, std::string_view key) {
  // A newline is in no workspace's name, so no two pairs are the same text.
  return "cache:" + std::string{workspace} + '\n' + std::string{key};
}

int release_blobs(connection& db, std::string_view owner) {
  std::vector<std::pair<std::string, std::string>> used;
  auto uses = db.use("SELECT workspace, hash FROM blob_uses WHERE "
                     "owner=?");
  uses.bind(raw{owner});
  while (uses.next())
    used.emplace_back(uses.string(0), uses.string(1));
  if (!uses.ok() || used.empty())
    return uses.code();
  auto forget = db.use("DELETE FROM blob_uses WHERE owner=?");
  if (!forget.bind(raw{owner}).run())
    return forget.code();
  for (const auto& [workspace, hash] : used) {
    auto drop = db.use("DELETE FROM blobs WHERE workspace=?1 AND hash=?2 AND "
                       "NOT EXISTS(SELECT 1 FROM blob_uses WHERE workspace=?1 "
                       "AND hash=?2)");
    if (!drop.bind(workspace, hash).run())
      return drop.code();
  }
  return SQLITE_OK;
}

} // namespace troupe::store
