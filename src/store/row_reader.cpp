#include "store/row_reader.hpp"

#include "store/row_writer.hpp"

namespace troupe::store {

namespace {

constexpr int64_t run_states = 7;
constexpr int64_t decision_states = 5;

} // namespace

template <class Enum>
Enum row_reader::word(const query& q, int column, int64_t count) {
  auto value = q.number(column);
  if (value >= 0 && value < count)
    return static_cast<Enum>(value);
  if (!why_)
    why_ = {errc::store_failed, category::data_corruption,
            db_.file().string() + ": the row of " + to_string(q.key(0))
              + " has the unknown state " + std::to_string(value)
              + "; run `troupe doctor`"};
  return Enum{};
}

failure row_reader::error(const query& q, int column) {
  return {q.as<errc>(column), q.as<category>(column + 1), q.string(column + 2)};
}

core::text row_reader::payload(const query& q, int column,
                               std::string_view workspace) {
  return blobs_.read(q, column, workspace);
}

core::text row_reader::payload_in(const query& q, int column,
                                  std::string_view workspace) {
  return how_ == form::page ? blobs_.read_brief(q, column, workspace)
                            : blobs_.read(q, column, workspace);
}

core::run_row row_reader::run(const query& q) {
  core::run_row x;
  x.key = q.key(0); // Column 1 is the key's slot.
  x.workspace = q.string(2);
  x.name = q.string(3);
  x.version = q.as<uint32_t>(4);
  x.definition = q.string(5);
  x.parent = q.key(6);
  x.parent_task = q.as<uint32_t>(7);
  x.idempotency_key = q.string(8);
  x.priority = q.as<uint8_t>(9);
  x.by = {q.string(10), q.string(11), q.string(12), q.string(13)};
  x.created_at = q.time(14);
  x.total = q.as<uint32_t>(15);
  x.state = word<core::run_state>(q, 16, run_states);
  x.counts = counts_from(q.view(17));
  x.last_number = q.as<uint32_t>(18);
  x.error = error(q, 19);
  x.started_at = q.time(22);
  x.ended_at = q.time(23);
  x.updated_at = q.time(24);
  x.deadline = q.time(25);
  x.paused_at = q.time(26);
  x.commands = ids_from(q.view(27));
  x.labels = payload(q, 28, x.workspace);
  x.ready = payload(q, 29, x.workspace);
  x.input = payload_in(q, 30, x.workspace);
  x.output = payload_in(q, 31, x.workspace);
  return x;
}

core::task_row row_reader::task(const query& q) {
  core::task_row x;
  x.key = q.key(0);
  x.workspace = q.string(1);
  x.name = q.string(2);
  x.type = q.string(3);
  x.priority = q.as<uint8_t>(4);
  x.step = q.as<uint32_t>(5);
  x.parent = q.as<uint32_t>(6);
  x.item = q.as<uint32_t>(7);
  x.state = word<core::task_state>(q, 8, core::task_states);
  x.attempt = q.as<uint32_t>(9);
  x.retries = q.as<uint32_t>(10);
  x.unclean = q.as<uint32_t>(11);
  x.agent = q.string(12);
  x.error = error(q, 13);
  x.queued_at = q.time(16);
  x.started_at = q.time(17);
  x.ended_at = q.time(18);
  x.due_at = q.time(19);
  x.due = q.as<core::due_kind>(20);
  x.score = payload(q, 21, x.workspace);
  x.input = payload_in(q, 22, x.workspace);
  x.output = payload_in(q, 23, x.workspace);
  x.spec = payload(q, 24, x.workspace);
  x.fallback = q.as<uint32_t>(25);
  x.stopping = q.number(26) != 0;
  x.deadline = q.time(27);
  x.labels = core::text{q.string(28)};
  return x;
}

core::attempt_row row_reader::attempt(const query& q) {
  core::attempt_row x;
  x.task = q.key(0);
  x.attempt = q.as<uint32_t>(1);
  x.workspace = q.string(2);
  x.agent = q.string(3);
  x.started_at = q.time(4);
  x.ended_at = q.time(5);
  x.error = error(q, 6);
  x.score = payload(q, 9, x.workspace);
  return x;
}

core::decision_row row_reader::decision(const query& q) {
  core::decision_row x;
  x.task = q.key(0);
  x.workspace = q.string(1);
  x.question = q.string(2);
  x.by = q.string(3);
  x.asked_at = q.time(4);
  x.due_at = q.time(5);
  x.state = word<core::decision_state>(q, 6, decision_states);
  x.answered_by = q.string(7);
  x.comment = q.string(8);
  x.answered_at = q.time(9);
  return x;
}

} // namespace troupe::store
