#include "core/gathering.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace troupe::core {

namespace {

// A row costs about this much beside its payloads.
constexpr size_t row_bytes = 200;

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty())
    to.swap(from);
  else
    std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

/// A newer state of a row whose insert is not written yet stays an insert, with
/// what only inserts carry.
void keep_insert(task_row& newer, task_row& older) {
  newer.fresh = true;
  newer.workspace = std::move(older.workspace);
  newer.name = std::move(older.name);
  newer.type = std::move(older.type);
  newer.priority = older.priority;
  newer.step = older.step;
  newer.parent = older.parent;
  newer.item = older.item;
  newer.spec = std::move(older.spec);
  newer.labels = std::move(older.labels);
}

} // namespace

void gathering::add(run_effects& effects) {
  any_ = true;
  for (auto& x : effects.facts)
    facts_.add(x);
  bytes_ += effects.facts.size() * 32;
  add(std::move(effects.run));
  for (auto& row : effects.tasks)
    add(std::move(row));
  append(next_.attempts, effects.attempts);
  append(next_.decisions, effects.decisions);
  append(next_.signals, effects.signals);
  append(next_.cached, effects.cached);
  for (const auto& x : effects.logs)
    bytes_ += x.lines.size() + row_bytes;
  append(next_.logs, effects.logs);
  bytes_ += effects.audits.size() * row_bytes;
  append(next_.audits, effects.audits);
}

void gathering::add(strategy_row row) {
  any_ = true;
  bytes_ += row.body.size() + row_bytes;
  next_.strategies.push_back(std::move(row));
}

void gathering::add(note_row row) {
  any_ = true;
  bytes_ += row.body.size() + row_bytes;
  next_.notes.push_back(std::move(row));
}

void gathering::add(definition_row row) {
  any_ = true;
  bytes_ += row.body.size() + row_bytes;
  next_.definitions.push_back(std::move(row));
}

void gathering::add(key_row row) {
  any_ = true;
  bytes_ += row_bytes;
  next_.keys.push_back(std::move(row));
}

void gathering::add(fact x) {
  any_ = true;
  facts_.add(x);
}

void gathering::add(run_row row) {
  auto [pos, is_new] = runs_.try_emplace(row.key, next_.runs.size());
  if (is_new) {
    bytes_ += row.input.size() + row.output.size() + row_bytes;
    next_.runs.push_back(std::move(row));
    return;
  }
  auto& older = next_.runs[pos->second];
  row.fresh = row.fresh || older.fresh; // A run's row is always whole.
  older = std::move(row);
}

void gathering::add(task_row row) {
  auto [pos, is_new] = tasks_.try_emplace(row.key, next_.tasks.size());
  bytes_ += row.input.size() + row.output.size() + row_bytes;
  if (is_new) {
    next_.tasks.push_back(std::move(row));
    return;
  }
  auto& older = next_.tasks[pos->second];
  if (older.fresh && !row.fresh)
    keep_insert(row, older);
  older = std::move(row);
}

batch gathering::take(uint32_t shard, uint64_t epoch, uint64_t first_seq) {
  auto result = std::exchange(next_, {});
  result.shard = shard;
  result.epoch = epoch;
  result.first_seq = first_seq;
  result.count = facts_.count();
  result.facts = facts_.finish();
  runs_.clear();
  tasks_.clear();
  bytes_ = 0;
  any_ = false;
  return result;
}

} // namespace troupe::core
