#include "core/model.hpp"
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
         + view("history_view", history, "segments");
}

} // namespace troupe::store
