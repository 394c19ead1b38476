#include "store/retention.hpp"

#include <algorithm>

#include "store/blobs.hpp"
#include "store/chain.hpp"

namespace troupe::store {

namespace {

using core::instant;

// Bites are small against a slice: 100 tasks take about 0.3 ms.
constexpr int tasks_per_bite = 100;
constexpr int runs_per_bite = 200;
constexpr int segments_per_bite = 10;
constexpr int cached_per_bite = 50;

} // namespace

retention::retention(connection& writer, const sqlite_options& options)
  : db_(writer), options_(options) {}

int retention::run(core::instant now, bool& more) {
  more = false;
  if (stage_ == stage::resting) {
    if (now < next_round_)
      return SQLITE_OK;
    stage_ = stage::runs;
    run_cursor_ = {};
    shard_ = 0;
  }
  auto code = db_.run("BEGIN IMMEDIATE");
  if (code == SQLITE_OK)
    code = bite_all(now);
  if (code == SQLITE_OK)
    code = db_.run("COMMIT");
  if (code != SQLITE_OK) {
    if (sqlite3_get_autocommit(db_.raw()) == 0)
      db_.run("ROLLBACK");
    stage_ = stage::resting;
  }
  if (stage_ == stage::resting)
    next_round_ = now + options_.retention_pause;
  more = stage_ != stage::resting;
  return code;
}

int retention::bite_all(core::instant now) {
  auto until = std::chrono::steady_clock::now() + options_.slice;
  auto code = SQLITE_OK;
  do
    code = bite(now);
  while (code == SQLITE_OK && stage_ != stage::resting
         && std::chrono::steady_clock::now() < until);
  return code;
}

int retention::bite(core::instant now) {
  switch (stage_) {
    case stage::runs:
      return bite_runs(now);
    case stage::history:
      return bite_history(now);
    case stage::cached:
      return bite_cached(now);
    case stage::resting:
      break;
  }
  return SQLITE_OK;
}

int retention::bite_runs(core::instant now) {
  {
    auto q = db_.use("SELECT run FROM removals LIMIT 1");
    if (q.next())
      return remove_some(q.key(0));
    if (!q.ok())
      return q.code();
  }
  auto ended_before = now - options_.runs_kept;
  // Ids begin with the time they were made at, so old runs come first and no
  // index on the end is needed. What is old and not ended is passed over.
  auto limit = core::id::make(std::max(ended_before, instant{}), 0, 0);
  auto q = db_.use("SELECT key, state, ended_at, workspace, idempotency_key "
                   "FROM runs WHERE key>? AND key<? ORDER BY key LIMIT ?");
  q.bind(run_cursor_, limit, runs_per_bite);
  auto seen = 0;
  while (q.next()) {
    ++seen;
    run_cursor_ = q.key(0);
    if (terminal(q.as<core::run_state>(1)) && q.time(2) < ended_before)
      return condemn(q);
  }
  if (q.ok() && seen < runs_per_bite)
    stage_ = stage::history;
  return q.code();
}

int retention::condemn(const query& run) {
  auto key = run.key(0);
  auto note = db_.use("INSERT OR IGNORE INTO removals VALUES(?)");
  if (!note.bind(key).run())
    return note.code();
  auto forget = db_.use("DELETE FROM idempotency_keys WHERE workspace=? AND "
                        "key=? AND run=?");
  forget.bind(run.view(3), run.view(4), key).run();
  if (!forget.ok())
    return forget.code();
  auto drop = db_.use("DELETE FROM runs WHERE key=?");
  drop.bind(key).run();
  return drop.code();
}

int retention::remove_some(core::id run) {
  auto q = db_.use("DELETE FROM tasks WHERE key IN (SELECT key FROM tasks "
                   "WHERE key>=? AND key<=? LIMIT ?)");
  q.bind(run, run.with(core::id::number_max), tasks_per_bite);
  if (!q.run())
    return q.code();
  return sqlite3_changes(db_.raw()) == tasks_per_bite ? SQLITE_OK
                                                      : remove_rest(run);
}

int retention::remove_rest(core::id run) {
  for (const auto* sql : {"DELETE FROM attempts WHERE task>=? AND task<=?",
                          "DELETE FROM logs WHERE task>=? AND task<=?",
                          "DELETE FROM decisions WHERE task>=? AND task<=?",
                          "DELETE FROM signals WHERE run>=? AND run<=?"}) {
    auto q = db_.use(sql);
    q.bind(run, run.with(core::id::number_max));
    if (!q.run())
      return q.code();
  }
  if (auto code = release_blobs(db_, key_bytes{run}.view()); code != SQLITE_OK)
    return code;
  auto done = db_.use("DELETE FROM removals WHERE run=?");
  done.bind(run).run();
  return done.code();
}

int retention::bite_history(core::instant now) {
  // Never the newest of a shard: it is what the next one follows.
  auto q = db_.use("SELECT s.position, s.first_seq+s.count FROM segments s "
                   "JOIN shards h ON h.shard=s.shard WHERE s.position>=? AND "
                   "s.position<? AND s.at<? AND s.first_seq+s.count<h.next_seq "
                   "ORDER BY s.position LIMIT ?");
  q.bind(segment_position(shard_, 0), segment_position(shard_ + 1, 0),
         core::to_us(now - options_.history_kept), segments_per_bite);
  int64_t last = -1;
  int64_t oldest = 0;
  auto found = 0;
  for (; q.next(); ++found) {
    last = q.number(0);
    oldest = q.number(1);
  }
  if (!q.ok())
    return q.code();
  if (found > 0) {
    auto drop =
      db_.use("DELETE FROM segments WHERE position>=? AND position<=?");
    if (!drop.bind(segment_position(shard_, 0), last).run())
      return drop.code();
    auto note = db_.use("UPDATE shards SET oldest_seq=? WHERE shard=?");
    if (!note.bind(oldest, shard_).run())
      return note.code();
  }
  if (found == segments_per_bite)
    return SQLITE_OK;
  auto next = db_.use("SELECT min(shard) FROM shards WHERE shard>?");
  if (next.bind(shard_).next() && !next.is_null(0))
    shard_ = next.as<uint32_t>(0);
  else
    stage_ = stage::cached;
  return next.code();
}

/// Beyond the limit, those that would end first end now.
int retention::too_many_cached(cached_keys& to) {
  if (to.size() == cached_per_bite)
    return SQLITE_OK; // Those first.
  auto q = db_.use("SELECT workspace, key FROM cache ORDER BY until LIMIT "
                   "min(?, max(0, (SELECT count(*) FROM cache)-?)) OFFSET ?");
  auto found = static_cast<int>(to.size());
  q.bind(cached_per_bite - found,
         static_cast<int64_t>(options_.cached_outputs_max) + found, found);
  while (q.next())
    to.emplace_back(q.string(0), q.string(1));
  return q.code();
}

int retention::bite_cached(core::instant now) {
  cached_keys expired;
  {
    auto q = db_.use("SELECT workspace, key FROM cache WHERE until<=? LIMIT ?");
    q.bind(now, cached_per_bite);
    while (q.next())
      expired.emplace_back(q.string(0), q.string(1));
    if (!q.ok())
      return q.code();
  }
  if (auto code = too_many_cached(expired); code != SQLITE_OK)
    return code;
  for (const auto& [workspace, key] : expired) {
    auto drop = db_.use("DELETE FROM cache WHERE workspace=? AND key=?");
    if (!drop.bind(workspace, key).run())
      return drop.code();
    auto code = release_blobs(db_, cache_owner(workspace, key));
    if (code != SQLITE_OK)
      return code;
  }
  if (expired.size() < cached_per_bite)
    stage_ = stage::resting;
  return SQLITE_OK;
}

} // namespace troupe::store
