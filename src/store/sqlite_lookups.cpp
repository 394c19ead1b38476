#include <algorithm>

#include "store/chain.hpp"
#include "store/sqlite_reader.hpp"

// Keys, definitions, cached outputs and history.

namespace troupe::store {

using core::result;
using std::optional;
using std::string;

namespace {

/// What a query of all columns of `segments` finds, until that is a page.
std::vector<core::segment> read_segments(query& q, uint64_t page_bytes_max) {
  std::vector<core::segment> found;
  uint64_t bytes = 0;
  while (bytes < page_bytes_max && q.next()) {
    found.push_back({q.as<uint32_t>(0), q.as<uint64_t>(1), q.as<uint32_t>(2),
                     q.as<uint64_t>(3), core::text{q.string(4)}});
    bytes += found.back().facts.size();
  }
  return found;
}

} // namespace

result<optional<core::key_row>> sqlite_reader::find_key(const string& workspace,
                                                        const string& key) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT run, body_hash, created_at FROM idempotency_keys "
                    "WHERE workspace=? AND key=?");
  q.bind(workspace, key);
  optional<core::key_row> found;
  if (q.next())
    found = core::key_row{workspace, key, q.key(0), q.string(1), q.time(2)};
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<optional<core::definition_row>> sqlite_reader::definition(query& q) {
  row_reader rows{*db_};
  optional<core::definition_row> found;
  if (q.next()) {
    found.emplace();
    found->workspace = q.string(0);
    found->hash = q.string(1);
    found->name = q.string(2);
    found->version = q.as<uint32_t>(3);
    found->created_at = q.time(4);
    found->body = rows.payload(q, 5, found->workspace);
  }
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

result<optional<core::definition_row>>
sqlite_reader::find_definition(const string& workspace, const string& hash) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT workspace, hash, name, version, created_at, body "
                    "FROM definitions WHERE workspace=? AND hash=?");
  q.bind(workspace, hash);
  return definition(q);
}

result<optional<core::definition_row>>
sqlite_reader::find_definition(const string& workspace, const string& name,
                               uint32_t version) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT workspace, hash, name, version, created_at, body "
                    "FROM definitions WHERE workspace=?1 AND name=?2 AND "
                    "(?3=0 OR version=?3) ORDER BY version DESC LIMIT 1");
  q.bind(workspace, name, version);
  return definition(q);
}

result<core::registered_page>
sqlite_reader::registered(const string& workspace, const core::page& where) {
  if (auto bad = begin())
    return bad;
  auto limit = std::clamp(where.limit, 1u, 1000u);
  auto q =
    db_->use("SELECT d.name, d.version, d.hash, d.created_at, g.versions FROM "
             "(SELECT name, max(version) AS newest, count(*) AS versions "
             "FROM definitions INDEXED BY definitions_name WHERE workspace=?1 "
             "AND version>0 AND name>?2 GROUP BY name ORDER BY name LIMIT ?3) "
             "AS g JOIN definitions AS d INDEXED BY definitions_name ON "
             "d.workspace=?1 AND d.name=g.name AND d.version=g.newest AND "
             "d.version>0 ORDER BY d.name");
  q.bind(workspace, where.after, limit + 1);
  core::registered_page found;
  while (q.next()) {
    if (found.rows.size() == limit) {
      found.next = found.rows.back().name;
      break;
    }
    found.rows.push_back({q.string(0), q.as<uint32_t>(1), q.string(2),
                          q.time(3), q.as<uint32_t>(4)});
  }
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<optional<core::cache_row>>
sqlite_reader::find_cached(const string& workspace, const string& key,
                           core::instant now) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT until, output FROM cache WHERE workspace=? AND "
                    "key=? AND until>?");
  q.bind(workspace, key, core::to_us(now));
  row_reader rows{*db_};
  optional<core::cache_row> found;
  if (q.next())
    found =
      core::cache_row{workspace, key, rows.payload(q, 1, workspace), q.time(0)};
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

result<std::vector<core::log_row>>
sqlite_reader::logs(const core::log_filter& what) {
  if (auto bad = begin())
    return bad;
  auto [first, last] = core::tasks_in(what);
  auto q = db_->use("SELECT task, attempt, workspace, left_out, lines FROM "
                    "logs WHERE (task,attempt)>=(?1,?2) AND task<=?3 "
                    "ORDER BY task, attempt LIMIT ?4");
  q.bind(first, what.attempt, last, what.rows_max);
  std::vector<core::log_row> found;
  while (q.next())
    found.push_back({q.key(0), q.as<uint32_t>(1), q.string(2),
                     q.as<uint64_t>(3), core::text{q.string(4)}});
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<std::vector<core::segment>>
sqlite_reader::history(uint32_t shard, uint64_t seq, uint32_t limit) {
  if (auto bad = begin())
    return bad;
  auto from = segment_position(shard, seq);
  // The segment that holds `seq` usually began before it.
  auto q = db_->use("SELECT shard, first_seq, count, epoch, body FROM segments "
                    "WHERE position>=coalesce((SELECT max(position) FROM "
                    "segments WHERE position>=?1 AND position<=?2),?2) AND "
                    "position<?3 AND first_seq+count>?4 ORDER BY position "
                    "LIMIT ?5");
  q.bind(segment_position(shard, 0), from, segment_position(shard + 1, 0), seq,
         limit);
  auto found = read_segments(q, options_.page_bytes_max);
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<std::vector<core::note_row>> sqlite_reader::notes(const string& head) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT name, body FROM notes WHERE "
                    "substr(name,1,length(?1))=?1 ORDER BY name");
  q.bind(head);
  std::vector<core::note_row> found;
  while (q.next())
    found.push_back({q.string(0), core::text{q.string(1)}});
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<std::vector<core::segment>>
sqlite_reader::history_before(uint32_t shard, uint64_t seq, uint32_t limit) {
  if (auto bad = begin())
    return bad;
  auto end =
    seq == 0 ? segment_position(shard + 1, 0) : segment_position(shard, seq);
  auto q = db_->use("SELECT shard, first_seq, count, epoch, body FROM segments "
                    "WHERE position>=? AND position<? ORDER BY position DESC "
                    "LIMIT ?");
  q.bind(segment_position(shard, 0), end, limit);
  auto found = read_segments(q, options_.page_bytes_max);
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

} // namespace troupe::store
