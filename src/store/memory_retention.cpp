#include <algorithm>

#include "store/memory_state.hpp"

// What a store in memory forgets, so that a node which keeps nothing on disk
// does not grow for ever.

namespace troupe::store {

namespace {

using core::id;

/// A sub-run is its parent's until that has ended: it may ask for its output.
bool is_over(const memory_state& state, const core::run_row& x) {
  if (!core::terminal(x.state))
    return false;
  auto parent = state.runs.find(x.parent);
  return parent == state.runs.end() || core::terminal(parent->second.state);
}

template <class Map, class Key>
void erase_range(Map& map, const Key& first, const Key& last) {
  map.erase(map.lower_bound(first), map.upper_bound(last));
}

void forget(memory_state& state, id run) {
  const auto& row = state.runs.at(run);
  auto key = state.keys.find({row.workspace, row.idempotency_key});
  if (key != state.keys.end() && key->second.run == run)
    state.keys.erase(key);
  auto last = run.with(id::number_max);
  erase_range(state.tasks, run, last);
  erase_range(state.decisions, run, last);
  erase_range(state.attempts, std::pair{run, 0u}, std::pair{last, UINT32_MAX});
  erase_range(state.logs, std::pair{run, 0u}, std::pair{last, UINT32_MAX});
  state.signals.erase(run);
  state.runs.erase(run);
}

void forget_runs(memory_state& state, core::instant now) {
  const auto& limits = state.options;
  std::vector<std::pair<core::instant, id>> over;
  for (const auto& [key, x] : state.runs)
    if (is_over(state, x))
      over.emplace_back(x.ended_at, key);
  std::sort(over.begin(), over.end()); // The oldest first.
  auto too_many = limits.ended_runs_max > 0
                    ? over.size() - std::min(over.size(), limits.ended_runs_max)
                    : 0;
  for (size_t i = 0; i < over.size(); ++i)
    if (i < too_many
        || (limits.runs_kept > core::duration{0}
            && over[i].first < now - limits.runs_kept))
      forget(state, over[i].second);
}

/// Never the newest of a shard: it is what the next one follows.
void forget_segments(memory_state& state) {
  if (state.options.segments_max == 0)
    return;
  for (uint32_t shard = 0; shard < state.next_seq.size(); ++shard) {
    auto first = state.segments.lower_bound({shard, 0});
    auto last = state.segments.lower_bound({shard + 1, 0});
    auto n = static_cast<size_t>(std::distance(first, last));
    for (; n > state.options.segments_max; --n)
      first = state.segments.erase(first);
  }
}

} // namespace

void forget_old(memory_state& state, core::instant now) {
  if (now < state.next_round)
    return;
  state.next_round = now + state.options.pause;
  if (state.options.runs_kept > core::duration{0}
      || state.options.ended_runs_max > 0)
    forget_runs(state, now);
  forget_segments(state);
}

} // namespace troupe::store
