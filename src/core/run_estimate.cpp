#include "core/run_estimate.hpp"

#include <algorithm>

namespace troupe::core {

namespace {

bool moves(const run_row& run, bool at_work, instant now) {
  auto open = run.state == run_state::queued || run.state == run_state::running;
  return open && run.started_at != no_instant
         && (at_work || now - run.updated_at < stands_after);
}

/// With an agent, as a sub-run, asleep, or soon again: what waits for a signal
/// is in progress, too.
bool is_at_work(const task_row& x) {
  return x.state == task_state::retrying
         || (x.state == task_state::in_progress
             && (!x.agent.empty() || x.due == due_kind::sleep));
}

bool is_at_work(const run_row& run) {
  auto count = [&run](task_state x) {
    auto i = static_cast<size_t>(x);
    return i < run.counts.size() ? run.counts[i] : 0;
  };
  return count(task_state::in_progress) + count(task_state::retrying) > 0;
}

bool is_main_task(const task_row& x) {
  return x.parent == 0;
}

std::optional<estimate> pace_of(const run_row& run, instant now) {
  uint64_t ended = 0;
  uint64_t open = 0;
  for (size_t i = 0; i < run.counts.size(); ++i)
    (terminal(static_cast<task_state>(i)) ? ended : open) += run.counts[i];
  return open == 0 ? std::nullopt : by_pace(now - run.started_at, ended, open);
}

} // namespace

std::optional<estimate> estimate_of(const stored_run& run, const workflow& what,
                                    const performance_history& history,
                                    instant now) {
  auto at_work = std::any_of(run.tasks.begin(), run.tasks.end(),
                             [](const task_row& x) { return is_at_work(x); });
  if (!moves(run.run, at_work, now))
    return std::nullopt;
  progress_question ask;
  for (size_t i = 0; i < run.run.counts.size() && i < ask.counts.size(); ++i)
    ask.counts[i] = run.run.counts[i];
  uint32_t measured = 0;
  std::vector<step_progress> steps(what.steps.size());
  for (const auto& x : run.tasks) {
    if (x.state == task_state::completed && x.started_at != no_instant) {
      ask.completed_took += x.ended_at - x.started_at;
      ++measured;
    }
    if (!is_main_task(x) || x.step >= steps.size())
      continue;
    steps[x.step].state = x.state;
    if (x.state == task_state::in_progress && x.started_at != no_instant)
      steps[x.step].elapsed = std::max(now - x.started_at, duration{});
  }
  std::optional<duration> average;
  if (measured > 0)
    average = ask.completed_took / measured;
  ask.left = remaining(
    what, [&steps](uint32_t step) { return steps[step]; }, history, average);
  auto known = progress_of(ask).eta;
  return known ? known : pace_of(run.run, now);
}

std::optional<estimate> estimate_of(const run_row& run, instant now) {
  if (!moves(run, is_at_work(run), now))
    return std::nullopt;
  return pace_of(run, now);
}

} // namespace troupe::core
