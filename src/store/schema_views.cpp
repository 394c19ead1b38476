#include "core/model.hpp"
#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "core/rows.hpp"
#include "store/schema.hpp"

namespace troupe::store {

namespace {

std::string uuid(const std::string& column, const std::string& as) {
  auto hex = "lower(hex(" + column + "))";
  return "substr(" + hex + ",1,8)||'-'||substr(" + hex + ",9,4)||'-'||substr("
         + hex + ",13,4)||'-'||substr(" + hex + ",17,4)||'-'||substr(" + hex
         + ",21) AS " + as;
}

std::string time(const std::string& column) {
  return "strftime('%Y-%m-%dT%H:%M:%fZ'," + column
         + "/1000000.0,'unixepoch') AS " + column;
}

template <class Enum>
std::string words(const std::string& column, uint32_t count) {
  auto sql = "CASE " + column;
  for (uint32_t i = 0; i < count; ++i)
    sql += " WHEN " + std::to_string(i) + " THEN '"
           + std::string{to_string(static_cast<Enum>(i))} + "'";
  return sql + " END AS " + column;
}

std::string view(const std::string& name, const std::string& columns,
                 const std::string& table) {
  return "DROP VIEW IF EXISTS " + name + ";\nCREATE VIEW " + name
         + " AS SELECT " + columns + " FROM " + table + ";\n";
}

/// A column of the queue that is one of the task's labels.
std::string label(const std::string& name, const std::string& as) {
  return "json_extract(t.labels,'$." + name + "') AS " + as;
}

std::string time_as(const std::string& column, const std::string& as) {
  return "strftime('%Y-%m-%dT%H:%M:%fZ'," + column
         + "/1000000.0,'unixepoch') AS " + as;
}

/// What `core::queue_state_of` says, in SQL.
std::string queue_word(const std::string& column) {
  std::string sql = "CASE " + column;
  for (uint32_t i = 0; i < core::task_states; ++i)
    sql += " WHEN " + std::to_string(i) + " THEN '"
           + std::string{to_string(
             core::queue_state_of(static_cast<core::task_state>(i)))}
           + "'";
  return sql + " END AS status";
}

/// The table of docs/task-queue.md, over the tasks that are held.
std::string queue_view() {
  auto retries = std::to_string(core::queue_retries_max);
  // The numbers of other tasks of the run, as their ids.
  const std::string depends_on =
    "(SELECT json_group_array(substr(u.id,1,30)||printf('%06x',d.value)) FROM "
    "json_each('['||coalesce(json_extract(t.labels,'$.depends_on'),'')||']') d)"
    " AS depends_on";
  const std::string input =
    "CASE json_extract(t.labels,'$.kind') WHEN 'activity' THEN "
    "json_object('phase_name',coalesce(json_extract(t.labels,'$.phase'),''),"
    "'activity',json_extract(t.labels,'$.subject'),'content_focus',"
    "coalesce(json_extract(t.labels,'$.focus'),''),'strategy_id',"
    "json_extract(t.labels,'$.strategy_id')) ELSE "
    "json_object(json_extract(t.labels,'$.kind'),"
    "json_extract(t.labels,'$.subject'),'strategy_id',"
    "json_extract(t.labels,'$.strategy_id')) END AS input_data";
  const std::string priority =
    "max(t.priority, CASE WHEN json_extract(t.labels,'$.deadline') IS NOT NULL "
    "AND unixepoch(json_extract(t.labels,'$.deadline'))-unixepoch('now')"
    "<=172800 THEN 9 ELSE 0 END) AS priority";
  const std::string error =
    "CASE WHEN t.state=4 AND t.retries>=" + retries
    + " AND t.error LIKE '% (all " + retries
    + " retries are used)' THEN 'Max retries exceeded: '||"
      "substr(t.error,1,length(t.error)-length(' (all "
    + retries + " retries are used)')) ELSE t.error END AS error_message";
  auto columns =
    "u.id AS id, t.workspace AS workspace_id, "
    + label("contact_id", "contact_id") + ", "
    + label("description", "task_description") + ", t.type AS task_type, "
    + std::string{"t.queue_agent AS assigned_agent"} + ", " + priority + ", "
    + queue_word("t.state") + ", " + depends_on + ", " + input
    + ", t.output AS output_data, " + error + ", "
    + time_as("t.started_at", "started_at") + ", "
    + time_as("t.ended_at", "completed_at") + ", t.retries AS retry_count, "
    + retries + " AS max_retries, " + time_as("r.created_at", "created_at")
    + ", "
    + time_as("max(r.created_at,coalesce(t.queued_at,0),"
              "coalesce(t.started_at,0),coalesce(t.ended_at,0))",
              "updated_at")
    + ", " + label("strategy_id", "strategy_id");
  auto from =
    "tasks t JOIN runs r ON r.key=CAST(substr(t.key,1,13)||x'000000' AS "
    "BLOB) "
    "JOIN (SELECT key, "
    + uuid("key", "id")
    + " FROM tasks WHERE labels IS NOT NULL) u ON u.key=t.key "
      "WHERE t.labels IS NOT NULL";
  return view("autonomous_tasks", columns, from);
}

constexpr uint32_t run_states = 7;

} // namespace

std::string views_sql() {
  using core::run_state;
  using core::task_state;
  auto runs = uuid("key", "id") + ", workspace, name, version, "
              + words<run_state>("state", run_states)
              + ", total, counts, priority, principal, door, "
              + time("created_at") + ", " + time("started_at") + ", "
              + time("ended_at") + ", " + time("updated_at")
              + ", error, labels, input, output";
  auto tasks =
    uuid("key", "id") + ", " + uuid("substr(key,1,13)||x'000000'", "run")
    + ", workspace, name, type, "
    + words<task_state>("state", core::task_states)
    + ", attempt, retries, coalesce(fallback,0)>0 AS fallback, "
      "agent, "
    + time("queued_at") + ", " + time("started_at") + ", " + time("ended_at")
    + ", " + time("due_at") + ", error, input, output";
  auto decisions =
    uuid("task", "task")
    + ", workspace, question, may_answer, CASE state WHEN 0 THEN 'open' "
      "WHEN 1 THEN 'approved' WHEN 2 THEN 'rejected' WHEN 3 "
      "THEN 'expired' ELSE 'void' END AS state, answered_by, "
      "comment, "
    + time("asked_at") + ", " + time("answered_at");
  auto logs = uuid("task", "task") + ", attempt, workspace, left_out, lines";
  auto history = "shard, first_seq, count, epoch, " + time("at")
                 + ", lower(hex(hash)) AS hash, length(body) AS bytes";
  return view("runs_view", runs, "runs") + view("tasks_view", tasks, "tasks")
         + view("decisions_view", decisions, "decisions")
         + view("logs_view", logs, "logs")
         + view("history_view", history, "segments") + queue_view();
}

} // namespace troupe::store
