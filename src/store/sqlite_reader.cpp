#include "store/sqlite_reader.hpp"

#include <algorithm>

#include "store/chain.hpp"
#include "store/schema.hpp"
#include "store/statements.hpp"

namespace troupe::store {

using core::id;
using core::result;
using std::optional;
using std::string;

namespace {

// How many of SQLite's steps pass between two looks at the clock: about 0.1 ms.
constexpr int steps_per_look = 10'000;

/// What one read sees is of one moment, though it takes several statements.
class snapshot {
public:
  explicit snapshot(connection& db) : db_(db) { db_.run("BEGIN"); }
  ~snapshot() { db_.run("COMMIT"); }
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

private:
  connection& db_;
};

string select(const char* columns, const string& rest) {
  return string{"SELECT "} + columns + " FROM " + rest;
}

} // namespace

sqlite_reader::sqlite_reader(sqlite_options options)
  : options_(std::move(options)) {}

failure sqlite_reader::begin(bool with_deadline) {
  if (!db_) {
    auto file = options_.directory / "troupe.db";
    auto made = connection::open(file, connection::role::reader, options_);
    if (!made)
      return made.error();
    auto version = schema_version(**made);
    if (!version)
      return version.error();
    if (*version != migrations().back().version)
      return {errc::store_failed, category::validation,
              file.string() + " has schema " + std::to_string(*version)
                + ", not " + std::to_string(migrations().back().version)
                + "; start the node once, it brings the store up to date"};
    db_ = std::move(*made);
    sqlite3_progress_handler(
      db_->raw(), steps_per_look,
      [](void* self) {
        auto until = static_cast<sqlite_reader*>(self)->deadline_;
        return static_cast<int>(clock::now() > until);
      },
      this);
  }
  deadline_ = with_deadline ? clock::now() + options_.read_deadline
                            : clock::time_point::max();
  return {};
}

failure sqlite_reader::trouble(const query& q, const row_reader& rows) const {
  return q.ok() ? rows.why() : db_->why(q.code(), "cannot read");
}

result<std::vector<core::run_row>> sqlite_reader::live_runs(uint32_t shard,
                                                            uint32_t shards) {
  if (auto bad = begin())
    return bad;
  deadline_ = clock::time_point::max(); // Recovery: all of them, however many.
  auto first = (shard * id::slots + shards - 1) / shards;
  auto end = ((shard + 1) * id::slots + shards - 1) / shards;
  auto q = db_->use(select(sql::run_columns_without_input,
                           "runs INDEXED BY runs_live WHERE state<4 AND "
                           "slot>=? AND slot<?"));
  q.bind(first, end);
  row_reader rows{*db_};
  std::vector<core::run_row> found;
  while (q.next())
    found.push_back(rows.run(q));
  if (auto bad = trouble(q, rows))
    return bad;
  std::sort(found.begin(), found.end(),
            [](const auto& x, const auto& y) { return x.key < y.key; });
  return found;
}

result<core::stored_run> sqlite_reader::load_run(id run) {
  if (auto bad = begin())
    return bad;
  deadline_ = clock::time_point::max();
  snapshot all_of_it{*db_};
  row_reader rows{*db_};
  core::stored_run found;
  auto q = db_->use(select(sql::run_columns, "runs WHERE key=?"));
  q.bind(run.run());
  if (q.next())
    found.run = rows.run(q);
  else
    return q.ok() ? failure{errc::not_found, category::unknown,
                            "no run " + to_string(run) + " in this workspace"}
                  : db_->why(q.code(), "cannot read");
  if (auto bad = load_parts(found, rows))
    return bad;
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

failure sqlite_reader::load_parts(core::stored_run& into, row_reader& rows) {
  auto first = into.run.key;
  auto last = first.with(id::number_max);
  auto tasks = db_->use(
    select(sql::task_columns, "tasks WHERE key>? AND key<=? ORDER BY key"));
  tasks.bind(first, last);
  while (tasks.next())
    into.tasks.push_back(rows.task(tasks));
  auto open = db_->use(select(sql::decision_columns,
                              "decisions WHERE task>? AND task<=? AND "
                              "+state=0 ORDER BY task"));
  open.bind(first, last);
  while (open.next())
    into.decisions.push_back(rows.decision(open));
  auto signals = db_->use("SELECT run, workspace, name, payload, at FROM "
                          "signals WHERE run=? ORDER BY number");
  signals.bind(first);
  while (signals.next()) {
    core::signal_row x{signals.key(0),    signals.string(1),
                       signals.string(2), {},
                       signals.time(4),   false};
    x.payload = rows.payload(signals, 3, x.workspace);
    into.signals.push_back(std::move(x));
  }
  for (const auto* q : {&tasks, &open, &signals})
    if (!q->ok())
      return db_->why(q->code(), "cannot read");
  return {};
}

result<optional<core::run_row>> sqlite_reader::find_run(id run) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use(select(sql::run_columns, "runs WHERE key=?"));
  q.bind(run);
  row_reader rows{*db_};
  optional<core::run_row> found;
  if (q.next())
    found = rows.run(q);
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

result<optional<core::task_row>> sqlite_reader::find_task(id task) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use(select(sql::task_columns, "tasks WHERE key=?"));
  q.bind(task);
  row_reader rows{*db_};
  optional<core::task_row> found;
  if (q.next())
    found = rows.task(q);
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

result<std::vector<core::attempt_row>> sqlite_reader::attempts(id task) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use("SELECT task, attempt, workspace, agent, started_at, "
                    "ended_at, error_code, error_kind, error, score FROM "
                    "attempts WHERE task=? ORDER BY attempt");
  q.bind(task);
  row_reader rows{*db_};
  std::vector<core::attempt_row> found;
  while (q.next())
    found.push_back(rows.attempt(q));
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

result<std::vector<core::decision_row>>
sqlite_reader::open_decisions(const string& workspace) {
  if (auto bad = begin())
    return bad;
  auto q = db_->use(select(sql::decision_columns,
                           "decisions INDEXED BY decisions_open WHERE state=0 "
                           "AND workspace=? ORDER BY task"));
  q.bind(workspace);
  row_reader rows{*db_};
  std::vector<core::decision_row> found;
  while (q.next())
    found.push_back(rows.decision(q));
  if (auto bad = trouble(q, rows))
    return bad;
  return found;
}

} // namespace troupe::store
