#include <cassert>
#include <utility>

#include "core/gate.hpp"
#include "core/mutant.hpp"
#include "core/run.hpp"

// A run as the store has it, made live again.

namespace troupe::core {

run::run(stored_run from, workflow_ptr definition, bool after_unclean_end)
  : row_(std::move(from.run)), ad_hoc_(row_.version == 0),
    kept_signals_(std::move(from.signals)) {
  row_.fresh = false;
  row_.counts.assign(task_states, 0);
  sources_.push_back(std::move(definition));
  first_of_.push_back(1);
  restore(from, after_unclean_end);
  restore_links();
  over_ = terminal(row_.state);
  go_on_stopping();
  if (row_.state == run_state::paused || over_)
    return;
  for (auto& t : tasks_)
    if (t.due != due_kind::none && !mutated(mutant::timer_lost))
      out_.timers.push_back({t.number, t.due, t.due_at});
  if (row_.deadline != no_instant)
    out_.timers.push_back({0, due_kind::deadline, row_.deadline});
}

/// A cancel that was answered holds over a restart: what was asked to stop then
/// must not go back to the queue.
void run::go_on_stopping() {
  for (auto& t : tasks_) {
    if (!t.stopping && row_.state != run_state::cancelling)
      continue;
    if (late(t) && row_.state != run_state::cancelling) {
      if (auto child = id_from(t.agent.view()))
        out_.cancels.push_back(*child);
      continue;
    }
    t.stopping = false; // It has to be asked anew.
    asked_to_stop(t);
  }
}

/// Rows into tasks. Groups that agents added lie together, the first of each
/// with the list they came from.
void run::restore(const stored_run& from, bool after_unclean_end) {
  uint32_t source = 0;
  size_t group_end = sources_[0]->steps.size();
  for (const auto& row : from.tasks) {
    auto& t = tasks_.emplace_back();
    t.number = row.key.number();
    assert(t.number == tasks_.size());
    if (!row.spec.empty()) {
      auto parsed = parse_workflow(row.spec.view());
      assert(parsed.value && "it was parsed before it was stored");
      source = static_cast<uint32_t>(sources_.size());
      group_end = t.number - 1 + parsed.value->steps.size();
      sources_.push_back(std::move(parsed.value));
      first_of_.push_back(t.number);
    }
    t.parent = row.parent;
    t.item = row.item;
    t.step = row.step;
    t.source = t.number <= group_end ? source : at(row.parent).source;
    t.fresh = false;
    t.state = row.state;
    if (mutated(mutant::completed_again) && row.state == task_state::completed
        && !terminal(row_.state))
      t.state = task_state::queued;
    t.attempt = row.attempt;
    t.retries = mutated(mutant::retries_forgotten)
                  ? uint16_t{0}
                  : static_cast<uint16_t>(row.retries);
    t.unclean = static_cast<uint16_t>(row.unclean);
    t.fallback = static_cast<uint16_t>(row.fallback);
    t.priority = row.priority;
    t.due = row.due;
    t.stopping = row.stopping;
    t.queued_at = row.queued_at;
    t.started_at = row.started_at;
    t.ended_at = row.ended_at;
    t.due_at = row.due_at;
    t.deadline = row.deadline;
    t.input = row.input;
    t.output = row.output;
    t.agent = text{row.agent};
    t.score = row.score;
    // It was offered, so it may have been what killed the node before its
    // start was written.
    if (after_unclean_end && t.state == task_state::queued && t.attempt > 0
        && t.unclean == 0)
      t.unclean = 1;
    t.careful = after_unclean_end || t.unclean > 0;
    if (const auto& s = spec(t);
        s.deadline && t.deadline == no_instant && t.queued_at != no_instant)
      t.deadline = t.queued_at + *s.deadline; // Written before schema 4.
    if (row.error)
      t.error = std::make_unique<failure>(row.error);
    ++row_.counts[static_cast<size_t>(t.state)];
    live_ += !terminal(t.state);
  }
  // What has been queued was let through. An approval that was given while the
  // run was paused has no open question.
  for (auto& t : tasks_)
    t.approved = t.state == task_state::awaiting_approval
                 || (t.queued_at != no_instant
                     && gate(spec(t), false) == verdict_of_gate::ask);
  for (const auto& question : from.decisions)
    at(question.task.number()).approved = false;
}

/// What follows from the rows: who waits for whom, and what is due.
void run::restore_links() {
  for (auto& t : tasks_) {
    if (!is_item(t))
      continue;
    auto& group = at(t.parent);
    if (is_loop(group) || group.first == 0)
      group.first = t.number;
    ++group.items;
  }
  for (uint32_t i = 1; i < sources_.size(); ++i)
    at(at(first_of_[i]).parent).added = i;
  // Children have higher numbers than what made them, so from the end.
  for (auto number = tasks_.size(); number > 0; --number) {
    auto& t = at(static_cast<uint32_t>(number));
    t.settled = terminal(t.state) && t.children == 0;
    t.spoilt = t.settled && spoilt_by_added(t);
    if (t.parent != 0 && !t.settled)
      ++at(t.parent).children;
  }
  for (auto& t : tasks_) {
    if (working(t))
      ++active_;
    if (is_item(t)) {
      auto begun = t.state != task_state::waiting;
      auto& parent = at(t.parent);
      // In order; one that was cancelled before its turn is passed when it
      // comes.
      parent.open += is_group(parent) && begun && parent.open == t.item;
      // A round that was to begin while the clocks stood.
      if (!begun && is_loop(parent) && !terminal(parent.state))
        parked_.push_back(t.number);
      continue;
    }
    if (t.state == task_state::queued)
      held_.push_back(t.number);
    if (t.state == task_state::awaiting_approval && t.approved)
      parked_.push_back(t.number);
    if (t.state != task_state::waiting)
      continue;
    count_dependencies(t);
    if (t.open == 0 && t.due == due_kind::none)
      parked_.push_back(t.number);
  }
  for (auto& t : tasks_)
    if (is_item(t) && t.state == task_state::queued)
      held_.push_back(t.number);
}

} // namespace troupe::core
