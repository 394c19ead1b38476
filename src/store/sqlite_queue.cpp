#include <algorithm>

#include "core/queue_strategy.hpp"
#include "store/queue_cursor.hpp"
#include "store/row_writer.hpp"
#include "store/sqlite_reader.hpp"
#include "store/statements.hpp"

// The task queue: lists by priority, each part of them one stretch of an index.

namespace troupe::store {

using core::result;
using std::string;

namespace {

string select_part(const core::queue_filter& what) {
  string sql = "SELECT ";
  sql.append(sql::task_columns)
    .append(" FROM tasks INDEXED BY queue_by_")
    .append(what.agent.empty() ? "state" : "agent")
    .append(" WHERE labels IS NOT NULL AND workspace=?1 AND state=?2 AND "
            "priority=?3 AND key>?4");
  if (!what.agent.empty())
    sql += " AND queue_agent=?5";
  if (what.held)
    sql += " AND due=" + std::to_string(static_cast<int>(core::due_kind::held));
  return sql + " ORDER BY key";
}

} // namespace

result<std::optional<core::strategy_row>>
sqlite_reader::find_strategy(const string& workspace, const string& key) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT contact_id, campaign_calendar, content_pillars, "
                    "kpis FROM marketing_strategies WHERE workspace_id=? AND "
                    "id=? COLLATE NOCASE");
  q.bind(workspace, key);
  std::optional<core::strategy_row> found;
  if (q.next()) {
    found.emplace();
    found->workspace = workspace;
    found->key = key;
    found->contact = q.string(0);
    found->body =
      core::text{core::strategy_body(q.view(1), q.view(2), q.view(3))};
  }
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<core::task_page>
sqlite_reader::queue_tasks(const core::queue_filter& what,
                           const core::page& where) {
  if (auto bad = begin())
    return bad;
  queue_cursor at{what};
  if (auto bad = at.start(where.after))
    return *bad;
  auto limit = std::clamp(where.limit, 1u, queue_page_rows_max);
  core::task_page found;
  row_reader rows{*db_, row_reader::form::page};
  uint64_t seen = 0;
  for (; !at.over(); at.next_part()) {
    auto q = db_->use(select_part(what));
    auto state = static_cast<int>(at.state());
    if (what.agent.empty())
      q.bind(what.workspace, state, at.priority(), at.after());
    else
      q.bind(what.workspace, state, at.priority(), at.after(), what.agent);
    while (q.next()) {
      if (found.rows.size() >= limit || seen++ >= options_.scan_rows_max) {
        found.next = at.text();
        return found;
      }
      at.pass(q.key(0));
      if (what.type.empty() || q.view(3) == what.type)
        found.rows.push_back(rows.task(q));
    }
    if (auto bad = trouble(q, rows))
      return bad;
  }
  return found;
}

result<std::vector<uint64_t>>
sqlite_reader::queue_counts(const string& workspace, core::instant since) {
  if (auto bad = begin())
    return bad;
  // From the index alone: a row of a run is large.
  auto q =
    db_->use("SELECT counts FROM runs INDEXED BY queue_runs WHERE "
             "name='autonomous_tasks' AND workspace=? AND created_at>=?");
  q.bind(workspace, core::to_us(since));
  std::vector<uint64_t> sums(core::task_states);
  while (q.next()) {
    auto counts = counts_from(q.view(0));
    for (size_t i = 0; i < std::min(counts.size(), sums.size()); ++i)
      sums[i] += counts[i];
  }
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return sums;
}

result<core::audit_sums> sqlite_reader::audits(const string& workspace,
                                               core::instant since,
                                               core::duration slow_after) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT status, json_extract(details,'$.duration_ms'), "
                    "json_extract(details,'$.assigned_agent') FROM audit_logs "
                    "WHERE org_id=? AND created_us>=?");
  q.bind(workspace, core::to_us(since));
  core::audit_sums sums;
  while (q.next())
    add_to(sums, q.view(0), std::chrono::milliseconds{q.number(1)}, q.string(2),
           slow_after);
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return sums;
}

result<std::vector<core::audited>>
sqlite_reader::audits_before(const string& workspace, core::audit_place place,
                             uint32_t limit) {
  if (auto bad = begin())
    return bad;
  auto from = place == core::audit_place{} ? INT64_MAX : core::to_us(place.at);
  auto q = db_->use("SELECT id, action, resource_id, status, created_us, "
                    "details FROM audit_logs INDEXED BY audit_logs_time WHERE "
                    "org_id=?1 AND created_us<=?2 AND (created_us<?2 OR "
                    "id<?3) ORDER BY created_us DESC, id DESC LIMIT ?4");
  q.bind(workspace, from, place.number, limit);
  std::vector<core::audited> found;
  while (q.next())
    found.push_back(
      {{q.time(4), q.as<uint64_t>(0)},
       {workspace, q.string(1), core::id_from(q.view(2)).value_or(core::id{}),
        q.string(3), core::text{q.string(5)}, q.time(4)}});
  if (!q.ok())
    return db_->why(q.code(), "cannot read");
  return found;
}

result<std::vector<string>> sqlite_reader::queue_workspaces(uint32_t limit) {
  if (auto bad = begin())
    return bad;
  std::vector<string> found;
  for (string after; found.size() < limit;) {
    auto q =
      db_->use("SELECT min(workspace) FROM tasks INDEXED BY "
               "queue_by_state WHERE labels IS NOT NULL AND workspace>?");
    q.bind(after);
    auto more = q.next() && !q.is_null(0);
    if (!q.ok())
      return db_->why(q.code(), "cannot read");
    if (!more)
      break;
    after = q.string(0);
    auto held = db_->use("SELECT 1 FROM tasks INDEXED BY queue_by_state WHERE "
                         "labels IS NOT NULL AND workspace=? AND state=1 AND "
                         "due=9 LIMIT 1");
    held.bind(after);
    if (held.next())
      found.push_back(after);
  }
  return found;
}

} // namespace troupe::store
