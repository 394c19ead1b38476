#include "sim/ledger.hpp"

#include <algorithm>

#include "sim/chance.hpp"

namespace troupe::sim {

using core::task_state;

namespace {

std::string name(core::task_state x) {
  return std::string{core::to_string(x)};
}

} // namespace

bool fits(const told_task& t, task_state shown, bool run_paused) {
  switch (t.told) {
    case task_state::waiting:
      return shown == task_state::waiting;
    case task_state::queued:
      return shown == task_state::queued
             || (run_paused && shown == task_state::paused);
    case task_state::failed:
      // A retried foreach begins anew with its items.
      return shown == task_state::failed
             || (t.reopened && shown == task_state::in_progress);
    case task_state::skipped:
      return shown == task_state::skipped
             || (t.reopened && shown == task_state::waiting);
    default:
      return shown == t.told;
  }
}

ledger::ledger(complaint wrong, complaint tell)
  : wrong_(std::move(wrong)), tell_(std::move(tell)) {}

void ledger::wrong(const std::string& rule, const std::string& what) const {
  wrong_(rule + ": " + what);
}

void ledger::know(core::workflow_ptr definition) {
  definitions_[definition->hash] = std::move(definition);
}

void ledger::opened(const core::opened& x) {
  if (x.epoch <= epoch_)
    wrong("I2", "the epoch did not grow at an open of the store");
  epoch_ = x.epoch;
  next_seq_.resize(x.next_seq.size(), 1);
  epochs_.resize(x.next_seq.size(), 0);
  if (next_seq_ != x.next_seq)
    wrong("I1", "after an open the store does not have all that was written");
}

void ledger::committed(const core::batch& b) {
  take_sequence(b);
  for (const auto& x : b.definitions)
    if (x.version != 0)
      registered_.insert(x.name);
  for (const auto& row : b.runs)
    take_run(row);
  for (const auto& x : b.keys)
    take_key(x);
  for (const auto& row : b.tasks)
    if (row.fresh)
      take_task(row);
  auto facts = core::read_facts(b.facts.view(), b.first_seq);
  if (!facts)
    wrong("I2", "facts that cannot be read: " + facts.error().message);
  else
    for (const auto& x : *facts)
      take_fact(x);
  for (const auto& row : b.tasks)
    take_task(row);
  for (const auto& row : b.runs)
    check_run(row);
}

/// A key is written once, with the run that it made.
void ledger::take_key(const core::key_row& x) {
  auto [pos, is_new] = keys_.try_emplace({x.workspace, x.key}, x.run);
  if (!is_new && pos->second != x.run)
    wrong("I8", "key `" + x.key + "` made two runs");
  auto run = runs_.find(x.run);
  if (run == runs_.end() || run->second.row.idempotency_key != x.key)
    wrong("I8", "key `" + x.key + "` was written without its run");
}

void ledger::take_sequence(const core::batch& b) {
  hash_ = mix(mix(hash_, b.shard), b.facts.view());
  if (b.shard >= next_seq_.size())
    return wrong("I2", "a batch of a shard that does not exist");
  if (b.first_seq != next_seq_[b.shard])
    wrong("I2", "history of shard " + std::to_string(b.shard)
                  + " has a gap or a fork at " + std::to_string(b.first_seq));
  if (b.epoch != epoch_ || b.epoch < epochs_[b.shard])
    wrong("I3", "a batch of epoch " + std::to_string(b.epoch)
                  + " was written in epoch " + std::to_string(epoch_));
  next_seq_[b.shard] = b.first_seq + b.count;
  epochs_[b.shard] = b.epoch;
}

void ledger::take_run(const core::run_row& row) {
  auto [pos, is_new] = runs_.try_emplace(row.key);
  auto& run = pos->second;
  if (is_new != row.fresh)
    wrong("I6", "run " + to_string(row.key) + " was accepted twice, or never");
  if (is_new) {
    run.row = row;
    if (auto known = definitions_.find(row.definition);
        known != definitions_.end())
      run.definition = known->second;
    return;
  }
  run.row.state = row.state;
  run.row.counts = row.counts;
  run.row.last_number = row.last_number;
  run.row.output = row.output;
  run.row.error = row.error;
  run.row.deadline = row.deadline;
}

/// The row of a run is the fold of its facts, and counts its tasks.
void ledger::check_run(const core::run_row& row) {
  const auto& run = runs_.at(row.key);
  if (run.told != row.state)
    wrong("I5", "run " + to_string(row.key) + " is "
                  + std::string{core::to_string(row.state)}
                  + " in its row, and " + std::string{to_string(run.told)}
                  + " by its facts");
  std::vector<uint32_t> counts(core::task_states);
  for (const auto& t : run.tasks)
    ++counts[static_cast<size_t>(t.shown)];
  if (counts != row.counts || run.tasks.size() != row.last_number)
    wrong("I5", "run " + to_string(row.key) + " does not count its tasks");
  if (terminal(row.state))
    for (const auto& t : run.tasks)
      if (!terminal(t.shown))
        wrong("I6", "run " + to_string(row.key)
                      + " has ended with a task that is " + name(t.shown));
  check_parallel(run);
}

void ledger::check_parallel(const told_run& run) {
  if (!run.definition)
    return;
  uint32_t at_work = 0;
  std::map<uint32_t, uint32_t> items;
  for (const auto& t : run.tasks) {
    auto group = t.step && !t.item
                 && (!t.step->foreach.empty() || !t.step->repeat_until.empty());
    auto works = !t.step || t.step->kind == core::step_kind::work;
    at_work += t.shown == task_state::in_progress && works && !group;
    if (t.item && t.shown != task_state::waiting && !terminal(t.shown))
      ++items[t.parent];
  }
  auto limit = run.definition->max_parallel;
  if (limit != 0 && at_work > limit)
    wrong("I13", "run " + to_string(run.row.key) + " has "
                   + std::to_string(at_work)
                   + " tasks in progress, and its "
                     "max_parallel is "
                   + std::to_string(limit));
  for (const auto& [parent, n] : items) {
    const auto& group = run.tasks.at(parent - 1);
    if (group.step && group.step->max_parallel != 0 && group.reopened == false
        && n > group.step->max_parallel)
      wrong("I13", "step `" + group.step->name + "` has " + std::to_string(n)
                     + " items begun, and its max_parallel is "
                     + std::to_string(group.step->max_parallel));
  }
}

const told_run* ledger::find(core::id run) const {
  auto pos = runs_.find(run);
  return pos == runs_.end() ? nullptr : &pos->second;
}

const told_task* ledger::find_task(core::id task) const {
  const auto* run = find(task.run());
  auto number = task.number();
  return run && number > 0 && number <= run->tasks.size()
           ? &run->tasks[number - 1]
           : nullptr;
}

uint32_t ledger::commands(core::id run, const std::string& word) const {
  const auto* x = find(run);
  if (!x)
    return 0;
  auto pos = x->commands.find(word);
  return pos == x->commands.end() ? 0 : pos->second;
}

bool ledger::has_definition(const std::string& name) const {
  return registered_.count(name) > 0;
}

uint64_t ledger::next_seq(uint32_t shard) const {
  return next_seq_.at(shard);
}

uint64_t ledger::tasks() const {
  uint64_t sum = 0;
  for (const auto& [key, run] : runs_)
    sum += run.tasks.size();
  return sum;
}

} // namespace troupe::sim
