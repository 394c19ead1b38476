#include "sim/ledger.hpp"

#include <algorithm>
#include <utility>

// What holds for single tasks: their rows, their calls, their answers.

namespace troupe::sim {

using core::task_state;

namespace {

bool works(const told_task& t) {
  return !t.step || t.step->kind == core::step_kind::work;
}

} // namespace

void ledger::take_task(const core::task_row& row) {
  auto pos = runs_.find(row.key.run());
  if (pos == runs_.end())
    return wrong("I6", "a task without a run: " + to_string(row.key));
  auto& run = pos->second;
  auto number = row.key.number();
  if (run.tasks.size() < number)
    run.tasks.resize(number);
  auto& t = run.tasks[number - 1];
  if (row.fresh && !t.known) {
    t.known = true;
    t.parent = row.parent;
    const auto* def = run.definition.get();
    if (def && row.step < def->steps.size()) {
      const auto& step = def->steps[row.step];
      t.item = row.parent != 0 && row.name.starts_with(step.name + '[');
      if (t.item || number <= def->steps.size())
        t.step = &step;
    }
    return; // Its facts first; the row is looked at behind them.
  }
  auto paused = run.told == core::run_state::paused;
  if (!fits(t, row.state, paused))
    wrong("I5", "task " + to_string(row.key) + " (" + row.name + ") is "
                  + std::string{to_string(row.state)} + " in its row, and "
                  + std::string{to_string(t.told)} + " by its facts");
  if (row.attempt < t.attempt || row.retries < t.retries)
    wrong("I9",
          "task " + to_string(row.key) + " has forgotten attempts or retries");
  t.shown = row.state;
  t.attempt = row.attempt;
  t.retries = row.retries;
  t.due = row.due;
  t.due_at = row.due_at;
  // Its row may be ahead of the start: queued again, with its next attempt.
  auto again = row.state == task_state::queued ? 1u : 0u;
  if (std::exchange(t.begun_now, false) && row.attempt > 0)
    t.started = std::max(t.started, row.attempt - again);
  check_policy(run, t, row.key);
  check_output(t, row);
}

void ledger::check_policy(const told_run& run, const told_task& t,
                          core::id key) {
  if (!t.step)
    return;
  auto own = t.step->retries;
  auto other = t.step->fallback && t.step->fallback->need ? own + 1 : 0;
  auto most = (own + other) * (1 + run.retries_asked);
  if (t.retries > most)
    wrong("I9", "task " + to_string(key) + " was tried again "
                  + std::to_string(t.retries) + " times, at most "
                  + std::to_string(most) + " are allowed");
}

/// What stands in the row is what the agent said first to this attempt.
void ledger::check_output(const told_task& t, const core::task_row& row) {
  auto by_agent = row.state == task_state::completed && works(t) && !t.cached
                  && !t.fell_back && !row.agent.empty() && row.attempt > 0;
  if (!by_agent)
    return;
  auto group = t.step && !t.item
               && (!t.step->foreach.empty() || !t.step->repeat_until.empty());
  if (group)
    return;
  auto said = answers_.find({row.key, row.attempt});
  if (said == answers_.end())
    wrong("I6", "task " + to_string(row.key) + " completed with attempt "
                  + std::to_string(row.attempt)
                  + ", to which no agent has said `done`");
  else if (said->second != row.output.view())
    wrong("I6", "task " + to_string(row.key)
                  + " has another output than its attempt gave");
}

void ledger::called(core::id task, uint32_t attempt, bool waits) {
  auto who = "task " + to_string(task) + " attempt " + std::to_string(attempt);
  if (!calls_.emplace(task, attempt).second)
    return wrong("I8", who + " was given to agents twice");
  const auto* run = find(task.run());
  const auto* t = find_task(task);
  if (!t)
    return wrong("I7", who + " was begun before it was durable");
  if (t->shown == task_state::completed)
    wrong("I6", who + " was begun after the task had completed");
  if (t->attempt < attempt)
    wrong("I7", who + " was begun before its offer was durable");
  auto once = t->step && t->step->at_most_once;
  if ((waits || once) && t->started < attempt)
    wrong("I7", who + " was begun before its start was durable");
  if (auto n = ++calls_of_[task]; once && n > 1 + run->retries_asked)
    wrong("I8", who + ": an at_most_once step was begun again");
}

void ledger::answered(core::id task, uint32_t attempt, std::string done_with) {
  answers_.try_emplace({task, attempt}, std::move(done_with));
}

} // namespace troupe::sim
