#pragma once

// The SQL of rows. Column lists stand here once: rows are written and read in
// this order.

namespace troupe::store::sql {

#define TROUPE_RUN_HEAD                                                        \
  "key, slot, workspace, name, version, definition, parent, parent_task, "     \
  "idempotency_key, priority, principal, door, request, trace, created_at, "   \
  "total, state, counts, last_number, error_code, error_kind, error, "         \
  "started_at, ended_at, updated_at, deadline, paused_at, commands, labels, "  \
  "ready"
#define TROUPE_TASK_COLUMNS                                                    \
  "key, workspace, name, type, priority, step, parent, item, state, attempt, " \
  "retries, unclean, agent, error_code, error_kind, error, queued_at, "        \
  "started_at, ended_at, due_at, due, score, input, output, spec, fallback, "  \
  "stopping, deadline, labels"

inline constexpr const char* insert_run =
  "INSERT INTO runs(" TROUPE_RUN_HEAD ", input, output) VALUES("
  "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

inline constexpr const char* update_run =
  "UPDATE runs SET state=?, counts=?, last_number=?, error_code=?, "
  "error_kind=?, error=?, started_at=?, ended_at=?, updated_at=?, "
  "deadline=?, paused_at=?, commands=?, output=? WHERE key=?";

inline constexpr const char* insert_task =
  "INSERT INTO tasks(" TROUPE_TASK_COLUMNS ", queue_agent) VALUES("
  "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

inline constexpr const char* update_task =
  "UPDATE tasks SET state=?, attempt=?, retries=?, unclean=?, agent=?, "
  "error_code=?, error_kind=?, error=?, queued_at=?, started_at=?, "
  "ended_at=?, due_at=?, due=?, score=?, input=?, output=?, fallback=?, "
  "stopping=?, deadline=? WHERE key=?";

inline constexpr const char* put_attempt =
  "INSERT OR REPLACE INTO attempts(task, attempt, workspace, agent, "
  "started_at, ended_at, error_code, error_kind, error, score) "
  "VALUES(?,?,?,?,?,?,?,?,?,?)";

inline constexpr const char* put_log =
  "INSERT OR REPLACE INTO logs(task, attempt, workspace, left_out, lines) "
  "VALUES(?,?,?,?,?)";

// A strategy that comes again replaces the one before.
inline constexpr const char* put_strategy =
  "INSERT OR REPLACE INTO marketing_strategies(workspace_id, id, contact_id, "
  "created_at, campaign_calendar, content_pillars, kpis) VALUES("
  "?1,?2,?3,strftime('%Y-%m-%dT%H:%M:%fZ',?4/1000000.0,'unixepoch'),"
  "json_extract(?5,'$.campaign_calendar'),"
  "json_extract(?5,'$.content_pillars'),json_extract(?5,'$.kpis'))";

inline constexpr const char* insert_audit =
  "INSERT INTO audit_logs(org_id, action, resource, resource_id, agent, "
  "status, created_us, details) VALUES(?,?,'autonomous_tasks',?,"
  "'task-orchestrator',?,?,?)";

inline constexpr const char* put_note =
  "INSERT OR REPLACE INTO notes(name, body) VALUES(?,?)";
inline constexpr const char* remove_note = "DELETE FROM notes WHERE name=?";

inline constexpr const char* insert_key =
  "INSERT INTO idempotency_keys(workspace, key, run, body_hash, created_at) "
  "VALUES(?,?,?,?,?)";

inline constexpr const char* put_definition =
  "INSERT INTO definitions(workspace, hash, name, version, created_at, body) "
  "VALUES(?,?,?,?,?,?) ON CONFLICT(workspace, hash) DO UPDATE SET "
  // Kept with a run before; now it gets its name.
  "name = excluded.name, version = excluded.version "
  "WHERE definitions.version = 0 AND excluded.version > 0";

// An answered question makes room for the next one about the same task; an
// open one does not: that changes no row, which the writer takes as a conflict.
inline constexpr const char* insert_decision =
  "INSERT INTO decisions(task, workspace, question, may_answer, asked_at, "
  "due_at, "
  "state, answered_by, comment, answered_at) VALUES(?,?,?,?,?,?,?,?,?,?) "
  "ON CONFLICT(task) DO UPDATE SET workspace=excluded.workspace, "
  "question=excluded.question, may_answer=excluded.may_answer, "
  "asked_at=excluded.asked_at, "
  "due_at=excluded.due_at, state=excluded.state, "
  "answered_by=excluded.answered_by, comment=excluded.comment, "
  "answered_at=excluded.answered_at WHERE decisions.state<>0";

inline constexpr const char* update_decision =
  "UPDATE decisions SET state=?, answered_by=?, comment=?, answered_at=? "
  "WHERE task=?";

inline constexpr const char* insert_signal =
  "INSERT INTO signals(run, name, at, workspace, payload) VALUES(?,?,?,?,?)";

// One of them, the oldest: two equal signals at one instant are two signals.
inline constexpr const char* take_signal =
  "DELETE FROM signals WHERE number=(SELECT min(number) FROM signals WHERE "
  "run=? AND name=? AND at IS ?)";

inline constexpr const char* put_cached =
  "INSERT OR REPLACE INTO cache(workspace, key, until, output) "
  "VALUES(?,?,?,?)";

// The fence: changes nothing unless this writer's epoch is the shard's and the
// batch follows on the last one.
inline constexpr const char* advance_shard =
  "UPDATE shards SET next_seq=?, hash=?, newest=max(newest,?) "
  "WHERE shard=? AND epoch=? AND next_seq=?";

inline constexpr const char* insert_segment =
  "INSERT INTO segments(position, shard, first_seq, count, epoch, at, "
  "prev_hash, hash, body) VALUES(?,?,?,?,?,?,?,?,?)";

// -- reading: the columns in the order that row_reader expects

inline constexpr const char* run_columns = TROUPE_RUN_HEAD ", input, output";
inline constexpr const char* run_columns_without_input =
  TROUPE_RUN_HEAD ", NULL, output";
inline constexpr const char* task_columns = TROUPE_TASK_COLUMNS;

inline constexpr const char* decision_columns =
  "task, workspace, question, may_answer, asked_at, due_at, state, "
  "answered_by, comment, answered_at";

#undef TROUPE_RUN_HEAD
#undef TROUPE_TASK_COLUMNS

} // namespace troupe::store::sql
