#include <algorithm>
#include <set>

#include "core/mutant.hpp"
#include "store/memory_state.hpp"
#include "store/row_writer.hpp"

namespace troupe::store {

namespace {

/// Rows may be inserted and changed in one batch, in this order.
template <class Rows, class Stored>
bool rows_contradict(const Rows& rows, const Stored& stored) {
  std::set<core::id> made;
  for (const auto& x : rows) {
    auto exists = stored.contains(x.key) || made.contains(x.key);
    if (exists == x.fresh)
      return true;
    if (x.fresh)
      made.insert(x.key);
  }
  return false;
}

bool decisions_contradict(const memory_state& state, const core::batch& b) {
  std::map<core::id, core::decision_state> now;
  for (const auto& x : b.decisions) {
    auto seen = now.find(x.task);
    auto stored = state.decisions.find(x.task);
    auto exists = seen != now.end() || stored != state.decisions.end();
    auto open =
      seen != now.end()
        ? seen->second == core::decision_state::open
        : exists && stored->second.state == core::decision_state::open;
    if (x.fresh ? open : !exists)
      return true;
    now[x.task] = x.state;
  }
  return false;
}

bool definitions_contradict(const memory_state& state, const core::batch& b) {
  for (const auto& x : b.definitions) {
    if (x.version == 0)
      continue; // Known by its hash alone.
    for (const auto& [key, y] : state.definitions)
      if (y.workspace == x.workspace && y.name == x.name
          && y.version == x.version && y.hash != x.hash)
        return true;
  }
  return false;
}

bool keys_contradict(const memory_state& state, const core::batch& b) {
  std::set<memory_state::named> made;
  for (const auto& x : b.keys) {
    memory_state::named key{x.workspace, x.key};
    if (state.keys.contains(key) || !made.insert(key).second)
      return true;
  }
  return false;
}

void put(std::map<core::id, core::run_row>& rows, core::run_row x) {
  if (!x.fresh) {
    auto kept = rows.at(x.key);
    kept.state = x.state;
    kept.counts = std::move(x.counts);
    kept.last_number = x.last_number;
    kept.output = std::move(x.output);
    kept.error = std::move(x.error);
    kept.started_at = x.started_at;
    kept.ended_at = x.ended_at;
    kept.updated_at = x.updated_at;
    kept.deadline = x.deadline;
    kept.paused_at = x.paused_at;
    kept.commands = std::move(x.commands);
    x = std::move(kept);
  }
  x.fresh = false;
  rows[x.key] = std::move(x);
}

void put(std::map<core::id, core::task_row>& rows, core::task_row x) {
  if (!x.fresh) {
    const auto& kept = rows.at(x.key);
    x.workspace = kept.workspace;
    x.name = kept.name;
    x.type = kept.type;
    x.priority = kept.priority;
    x.step = kept.step;
    x.parent = kept.parent;
    x.item = kept.item;
    x.spec = kept.spec;
    x.labels = kept.labels;
  }
  x.fresh = false;
  rows[x.key] = std::move(x);
}

void put(std::map<core::id, core::decision_row>& rows, core::decision_row x) {
  if (!x.fresh) {
    const auto& kept = rows.at(x.task);
    x.workspace = kept.workspace;
    x.question = kept.question;
    x.by = kept.by;
    x.asked_at = kept.asked_at;
    x.due_at = kept.due_at;
  }
  x.fresh = false;
  rows[x.task] = std::move(x);
}

void put_signal(memory_state& state, const core::signal_row& x) {
  auto& kept = state.signals[x.run];
  if (!x.taken) {
    kept.push_back(x);
    return;
  }
  auto same = std::find_if(kept.begin(), kept.end(), [&](const auto& y) {
    return y.name == x.name && y.at == x.at;
  });
  if (same != kept.end())
    kept.erase(same);
}

} // namespace

bool contradicts(const memory_state& state, const core::batch& b) {
  if (b.shard >= state.next_seq.size())
    return true;
  auto fenced =
    b.epoch != state.epoch || b.first_seq != state.next_seq[b.shard];
  return (fenced && !mutated(core::mutant::fence_off))
         || rows_contradict(b.runs, state.runs)
         || rows_contradict(b.tasks, state.tasks)
         || decisions_contradict(state, b) || definitions_contradict(state, b)
         || keys_contradict(state, b);
}

void apply(memory_state& state, const core::batch& b) {
  for (const auto& x : b.definitions)
    if (auto [pos, is_new] =
          state.definitions.try_emplace({x.workspace, x.hash}, x);
        !is_new && pos->second.version == 0)
      pos->second = x; // Kept with a run before; now it gets its name.
  for (const auto& x : b.keys)
    state.keys[{x.workspace, x.key}] = x;
  for (const auto& x : b.runs)
    put(state.runs, x);
  for (const auto& x : b.tasks)
    put(state.tasks, x);
  for (const auto& x : b.attempts)
    state.attempts[{x.task, x.attempt}] = x;
  for (const auto& x : b.decisions)
    put(state.decisions, x);
  for (const auto& x : b.signals)
    put_signal(state, x);
  for (const auto& x : b.cached)
    state.cached[{x.workspace, x.key}] = x;
  for (const auto& x : b.logs)
    state.logs[{x.task, x.attempt}] = x;
  for (const auto& x : b.strategies)
    state.strategies[{x.workspace, x.key}] = x;
  for (const auto& x : b.audits)
    state.audits.push_back(x);
  for (const auto& x : b.notes)
    if (x.body.empty())
      state.notes.erase(x.name);
    else
      state.notes[x.name] = x;
  if (b.count > 0)
    state.segments[{b.shard, b.first_seq}] = {b.shard, b.first_seq, b.count,
                                              b.epoch, b.facts};
  state.next_seq[b.shard] += b.count;
  state.newest = std::max(state.newest, newest_stamp(b));
  state.rows += b.definitions.size() + b.keys.size() + b.runs.size()
                + b.tasks.size() + b.attempts.size() + b.decisions.size()
                + b.signals.size() + b.cached.size() + b.logs.size()
                + b.strategies.size() + b.audits.size() + b.notes.size();
}

bool take_fault(std::atomic<uint32_t>& fault) {
  auto left = fault.load();
  while (left > 0)
    if (fault.compare_exchange_weak(left, left - 1))
      return true;
  return false;
}

} // namespace troupe::store
