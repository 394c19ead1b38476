#include <algorithm>
#include <charconv>

#include "store/row_writer.hpp"
#include "store/statements.hpp"

// The rows that come with few batches: their statements are made when needed.

namespace troupe::store {

int row_writer::write(const core::definition_row& x) {
  sqlite3_stmt* put = nullptr;
  if (auto code = db_.keep(sql::put_definition, put); code != SQLITE_OK)
    return code;
  blobs_.row_of(x.workspace, "definitions");
  binder to{put};
  to.word(x.workspace).word(x.hash).word(x.name).number(x.version);
  to.time(x.created_at);
  blobs_.bind(to, x.body);
  return finish(put, to.code(), 0);
}

int row_writer::write(const core::decision_row& x) {
  sqlite3_stmt* put = nullptr;
  const auto* which = x.fresh ? sql::insert_decision : sql::update_decision;
  if (auto code = db_.keep(which, put); code != SQLITE_OK)
    return code;
  key_bytes task{x.task};
  binder to{put};
  if (x.fresh)
    to.key(task)
      .word(x.workspace)
      .text(x.question)
      .text(x.by)
      .time(x.asked_at)
      .time(x.due_at);
  to.number(static_cast<int64_t>(x.state)).text(x.answered_by).text(x.comment);
  to.time(x.answered_at);
  if (!x.fresh)
    to.key(task);
  return finish(put, to.code(), 1);
}

int row_writer::write(const core::signal_row& x) {
  sqlite3_stmt* put = nullptr;
  const auto* which = x.taken ? sql::take_signal : sql::insert_signal;
  if (auto code = db_.keep(which, put); code != SQLITE_OK)
    return code;
  key_bytes run{x.run};
  blobs_.row_of(x.workspace, run.view());
  binder to{put};
  to.key(run).word(x.name).time(x.at);
  if (!x.taken) {
    to.word(x.workspace);
    blobs_.bind(to, x.payload);
  }
  return finish(put, to.code(), 0);
}

int row_writer::write(const core::cache_row& x) {
  sqlite3_stmt* put = nullptr;
  if (auto code = db_.keep(sql::put_cached, put); code != SQLITE_OK)
    return code;
  auto owner = cache_owner(x.workspace, x.key);
  blobs_.row_of(x.workspace, owner);
  binder to{put};
  to.word(x.workspace).word(x.key).time(x.until);
  blobs_.bind(to, x.output);
  return finish(put, to.code(), 1);
}

int row_writer::write(const core::log_row& x) {
  sqlite3_stmt* put = nullptr;
  if (auto code = db_.keep(sql::put_log, put); code != SQLITE_OK)
    return code;
  key_bytes task{x.task};
  binder to{put};
  to.key(task).number(x.attempt).word(x.workspace);
  to.number(static_cast<int64_t>(x.left_out)).text(x.lines.view());
  return finish(put, to.code(), 1);
}

int row_writer::write(const core::strategy_row& x) {
  sqlite3_stmt* put = nullptr;
  if (auto code = db_.keep(sql::put_strategy, put); code != SQLITE_OK)
    return code;
  binder to{put};
  to.word(x.workspace).word(x.key).text(x.contact).time(x.created_at);
  to.text(x.body.view());
  return finish(put, to.code(), 1);
}

int row_writer::write(const core::audit_row& x) {
  sqlite3_stmt* put = nullptr;
  if (auto code = db_.keep(sql::insert_audit, put); code != SQLITE_OK)
    return code;
  auto task = to_string(x.resource);
  binder to{put};
  to.word(x.workspace).word(x.action).word(task).word(x.status);
  to.time(x.at).text(x.details.view());
  return finish(put, to.code(), 1);
}

int row_writer::write(const core::note_row& x) {
  auto goes = x.body.empty();
  sqlite3_stmt* put = nullptr;
  auto code = db_.keep(goes ? sql::remove_note : sql::put_note, put);
  if (code != SQLITE_OK)
    return code;
  binder to{put};
  to.word(x.name);
  if (!goes)
    to.text(x.body.view());
  return finish(put, to.code(), goes ? 0 : 1);
}

void ids_to(std::string& bytes, const std::vector<core::id>& ids) {
  bytes.clear();
  for (auto x : ids)
    bytes += core::to_bytes(x);
}

std::vector<core::id> ids_from(std::string_view bytes) {
  std::vector<core::id> ids;
  for (; bytes.size() >= 16; bytes.remove_prefix(16))
    ids.push_back(core::id_from_bytes(bytes.substr(0, 16)));
  return ids;
}

void counts_to(std::string& text, const std::vector<uint32_t>& counts) {
  text.clear();
  if (counts.empty())
    return;
  for (auto x : counts) {
    text += text.empty() ? '[' : ',';
    char digits[16];
    auto end = std::to_chars(digits, digits + sizeof digits, x).ptr;
    text.append(digits, end);
  }
  text += ']';
}

std::vector<uint32_t> counts_from(std::string_view text) {
  std::vector<uint32_t> counts;
  while (text.size() > 1) {
    text.remove_prefix(1); // The bracket or comma.
    uint32_t x = 0;
    auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), x);
    if (code != std::errc{})
      break;
    counts.push_back(x);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  return counts;
}

core::instant newest_stamp(const core::batch& b) {
  core::instant newest;
  for (const auto& x : b.runs)
    newest =
      std::max({newest, x.created_at, x.started_at, x.ended_at, x.updated_at});
  for (const auto& x : b.tasks)
    newest = std::max({newest, x.queued_at, x.started_at, x.ended_at});
  for (const auto& x : b.attempts)
    newest = std::max({newest, x.started_at, x.ended_at});
  for (const auto& x : b.decisions)
    newest = std::max({newest, x.asked_at, x.answered_at});
  for (const auto& x : b.keys)
    newest = std::max(newest, x.created_at);
  for (const auto& x : b.definitions)
    newest = std::max(newest, x.created_at);
  for (const auto& x : b.signals)
    newest = std::max(newest, x.at);
  return newest;
}

} // namespace troupe::store
