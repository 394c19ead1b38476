#include "store/row_writer.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>

#include "core/queue_task.hpp"
#include "store/statements.hpp"

namespace troupe::store {

namespace {

void bind_failure(binder& to, const failure& x) {
  if (!x) {
    to.null().null().null();
    return;
  }
  to.number(static_cast<int64_t>(x.code))
    .number(static_cast<int64_t>(x.kind))
    .text(x.message);
}

} // namespace

row_writer::row_writer(connection& db, size_t blob_threshold)
  : db_(db), blobs_(db, blob_threshold) {}

int row_writer::prepare() {
  auto code = db_.keep(sql::insert_run, insert_run_);
  if (code == SQLITE_OK)
    code = db_.keep(sql::update_run, update_run_);
  if (code == SQLITE_OK)
    code = db_.keep(sql::insert_task, insert_task_);
  if (code == SQLITE_OK)
    code = db_.keep(sql::update_task, update_task_);
  if (code == SQLITE_OK)
    code = db_.keep(sql::insert_key, insert_key_);
  if (code == SQLITE_OK)
    code = db_.keep(sql::put_attempt, put_attempt_);
  return code;
}

template <class Row>
int row_writer::write_all(const std::vector<Row>& rows) {
  for (const auto& x : rows)
    if (auto code = write(x); code != SQLITE_OK)
      return code;
  return SQLITE_OK;
}

int row_writer::write(const core::batch& b) {
  auto code = write_all(b.definitions);
  if (code == SQLITE_OK)
    code = write_all(b.keys);
  if (code == SQLITE_OK)
    code = write_all(b.runs);
  if (code == SQLITE_OK)
    code = write_all(b.tasks);
  if (code == SQLITE_OK)
    code = write_all(b.attempts);
  if (code == SQLITE_OK)
    code = write_all(b.decisions);
  if (code == SQLITE_OK)
    code = write_all(b.signals);
  if (code == SQLITE_OK)
    code = write_all(b.cached);
  if (code == SQLITE_OK)
    code = write_all(b.logs);
  if (code == SQLITE_OK)
    code = write_all(b.strategies);
  if (code == SQLITE_OK)
    code = write_all(b.audits);
  if (code == SQLITE_OK)
    code = write_all(b.notes);
  return code;
}

int row_writer::finish(sqlite3_stmt* statement, int bound, int rows_wanted) {
  if (bound == SQLITE_OK)
    bound = blobs_.take_code();
  if (bound != SQLITE_OK)
    return bound;
  sqlite3_step(statement);
  auto code = sqlite3_reset(statement);
  if (code != SQLITE_OK)
    return code;
  ++rows_;
  if (rows_wanted == 1 && sqlite3_changes(db_.raw()) != 1)
    return SQLITE_CONSTRAINT;
  return SQLITE_OK;
}

void row_writer::bind_changes(binder& to, const core::run_row& x) {
  counts_to(counts_, x.counts);
  to.number(static_cast<int64_t>(x.state)).text(counts_).number(x.last_number);
  bind_failure(to, x.error);
  to.time(x.started_at)
    .time(x.ended_at)
    .time(x.updated_at)
    .time(x.deadline)
    .time(x.paused_at);
  ids_to(ids_, x.commands);
  if (ids_.empty())
    to.null();
  else
    to.bytes(ids_);
}

int row_writer::write(const core::run_row& x) {
  key_bytes key{x.key};
  key_bytes parent{x.parent};
  blobs_.row_of(x.workspace, key.view());
  binder to{x.fresh ? insert_run_ : update_run_};
  if (!x.fresh) {
    bind_changes(to, x);
    blobs_.bind(to, x.output);
    to.key(key);
    return finish(update_run_, to.code(), 1);
  }
  to.key(key).number(x.key.slot()).word(x.workspace).text(x.name);
  to.number(x.version).text(x.definition);
  if (x.parent)
    to.key(parent);
  else
    to.null();
  to.number(x.parent_task).text(x.idempotency_key).number(x.priority);
  to.text(x.by.principal).text(x.by.door).text(x.by.request).text(x.by.trace);
  to.time(x.created_at).number(x.total);
  bind_changes(to, x);
  for (const auto* payload : {&x.labels, &x.ready, &x.input, &x.output})
    blobs_.bind(to, *payload);
  return finish(insert_run_, to.code(), 1);
}

void row_writer::bind_changes(binder& to, const core::task_row& x) {
  to.number(static_cast<int64_t>(x.state))
    .number(x.attempt)
    .number(x.retries)
    .number(x.unclean)
    .text(x.agent);
  bind_failure(to, x.error);
  to.time(x.queued_at)
    .time(x.started_at)
    .time(x.ended_at)
    .time(x.due_at)
    .number(static_cast<int64_t>(x.due));
}

void row_writer::bind_payloads(binder& to, const core::task_row& x) {
  blobs_.bind(to, x.score);
  blobs_.bind(to, x.input);
  blobs_.bind(to, x.output);
}

int row_writer::write(const core::task_row& x) {
  assert(!x.workspace.empty());
  key_bytes key{x.key};
  key_bytes run{x.key.run()};
  blobs_.row_of(x.workspace, run.view());
  binder to{x.fresh ? insert_task_ : update_task_};
  if (!x.fresh) {
    bind_changes(to, x);
    bind_payloads(to, x);
    to.number(x.fallback).number(x.stopping).time(x.deadline).key(key);
    return finish(update_task_, to.code(), 1);
  }
  to.key(key).word(x.workspace).text(x.name).text(x.type);
  to.number(x.priority).number(x.step).number(x.parent).number(x.item);
  bind_changes(to, x);
  bind_payloads(to, x);
  blobs_.bind(to, x.spec);
  to.number(x.fallback).number(x.stopping).time(x.deadline);
  to.text(x.labels.view());
  std::string agent; // Lives until the statement is done.
  if (!x.labels.empty())
    agent = core::queue_agent(x);
  to.text(agent);
  return finish(insert_task_, to.code(), 1);
}

int row_writer::write(const core::attempt_row& x) {
  key_bytes task{x.task};
  key_bytes run{x.task.run()};
  blobs_.row_of(x.workspace, run.view());
  binder to{put_attempt_};
  to.key(task).number(x.attempt).word(x.workspace).text(x.agent);
  to.time(x.started_at).time(x.ended_at);
  bind_failure(to, x.error);
  blobs_.bind(to, x.score);
  return finish(put_attempt_, to.code(), 1);
}

int row_writer::write(const core::key_row& x) {
  key_bytes run{x.run};
  binder to{insert_key_};
  to.word(x.workspace).word(x.key).key(run).text(x.body_hash);
  to.time(x.created_at);
  return finish(insert_key_, to.code(), 1);
}

} // namespace troupe::store
