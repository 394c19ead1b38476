#include "core/run_estimate.hpp"

#include <algorithm>

namespace troupe::core {

namespace {

bool moves(const run_row& run) {
  return run.state == run_state::queued || run.state == run_state::running;
}

bool is_main_task(const task_row& x) {
  return x.parent == 0;
}

} // namespace

std::optional<estimate> estimate_of(const stored_run& run, const workflow& what,
                                    const performance_history& history,
                                    instant now) {
  if (!moves(run.run))
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
  return progress_of(ask).eta;
}

std::optional<estimate> estimate_of(const run_row& run, instant now) {
  if (!moves(run) || run.started_at == no_instant)
    return std::nullopt;
  uint64_t ended = 0;
  uint64_t open = 0;
  for (size_t i = 0; i < run.counts.size(); ++i)
    (terminal(static_cast<task_state>(i)) ? ended : open) += run.counts[i];
  return open == 0 ? std::nullopt : by_pace(now - run.started_at, ended, open);
}

} // namespace troupe::core
