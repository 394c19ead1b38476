#include "sim/ledger.hpp"

#include <algorithm>

// What facts may follow on each other.

namespace troupe::sim {

using core::fact_kind;
using core::run_state;
using core::task_state;

namespace {

std::string place(const core::fact& x) {
  return "fact " + std::to_string(x.seq) + " (" + std::string{to_string(x.kind)}
         + ' ' + x.detail + ") of " + to_string(x.subject);
}

std::string first_word(const std::string& text) {
  return text.substr(0, text.find(' '));
}

/// "failed: ..." and the like.
task_state end_of(const std::string& detail) {
  if (detail == "completed")
    return task_state::completed;
  if (detail == "skipped")
    return task_state::skipped;
  if (detail == "cancelled")
    return task_state::cancelled;
  return task_state::failed;
}

} // namespace

void ledger::take_fact(const core::fact& x) {
  ++facts_;
  if (tell_)
    tell_(to_string(x.subject) + ' ' + std::string{to_string(x.kind)} + ' '
          + x.detail);
  auto pos = runs_.find(x.subject.run());
  if (pos == runs_.end())
    return wrong("I2", place(x) + " has no run");
  auto& run = pos->second;
  if (x.at < run.newest)
    wrong("I16", place(x) + " is older than the one before it");
  run.newest = x.at;
  auto number = x.subject.number();
  if (number == 0)
    return take_run_fact(run, x);
  if (number > run.tasks.size())
    return wrong("I2", place(x) + " has no task");
  take_task_fact(run, run.tasks[number - 1], x);
}

void ledger::take_run_fact(told_run& run, const core::fact& x) {
  if (x.kind == fact_kind::run_state) {
    auto to = core::run_state_from(x.detail);
    if (!to)
      return wrong("I2", place(x) + " names no state");
    auto again = *to == run_state::running && run.commands["retry"] > 0;
    if (terminal(run.told) && !again)
      wrong("I6", place(x) + " comes after the end of its run");
    if (run.told == run_state::cancelling && !terminal(*to))
      wrong("I10", place(x) + " takes a cancel back");
    auto goes_on = *to == run_state::running || *to == run_state::queued;
    if (run.told == run_state::paused && goes_on
        && run.commands["resume"] < run.commands["pause"])
      wrong("I10", place(x) + " ends a pause that nobody ended");
    run.told = *to;
  } else if (x.kind == fact_kind::command) {
    auto word = first_word(x.detail);
    if (x.detail.starts_with("cancel task "))
      word = "cancel task";
    ++run.commands[word];
    if (word != "retry")
      return;
    ++run.retries_asked;
    for (auto& t : run.tasks)
      t.reopened =
        t.told == task_state::failed || t.told == task_state::skipped;
  }
}

void ledger::take_task_fact(told_run& run, told_task& t, const core::fact& x) {
  check_timer(run, t, x);
  switch (x.kind) {
    case fact_kind::task_queued:
      begin_task(run, t, x);
      t.told = task_state::queued;
      break;
    case fact_kind::task_started:
      begin_task(run, t, x);
      if (run.told == run_state::cancelling || run.told == run_state::paused)
        wrong("I10", place(x) + " begins in a run that is "
                       + std::string{to_string(run.told)});
      t.told = task_state::in_progress;
      t.begun_now = true;
      break;
    case fact_kind::decision_asked:
      begin_task(run, t, x);
      t.told = task_state::awaiting_approval;
      break;
    case fact_kind::task_retrying:
      if (terminal(t.told))
        wrong("I6", place(x) + " comes after its end");
      t.told = task_state::retrying;
      break;
    case fact_kind::task_ended:
      end_task(t, x);
      break;
    case fact_kind::cache_hit:
      t.cached = true;
      break;
    case fact_kind::task_fell_back:
      t.fell_back = x.detail.starts_with("its output");
      break;
    default:
      break; // Tells, changes nothing.
  }
}

void ledger::end_task(told_task& t, const core::fact& x) {
  if (terminal(t.told) && !t.reopened)
    wrong("I6", place(x) + ": it had ended before, as "
                  + std::string{to_string(t.told)});
  t.told = end_of(x.detail);
  t.reopened = false;
}

void ledger::begin_task(told_run& run, told_task& t, const core::fact& x) {
  if (terminal(t.told) && !t.reopened)
    wrong("I6",
          place(x) + ": it had ended as " + std::string{to_string(t.told)});
  if (terminal(t.told))
    t.cached = t.fell_back = false;
  // One that is tried again by command does not wait for others that are.
  if (t.told == task_state::waiting)
    check_order(run, t, x);
}

/// Nothing begins before what it depends on has ended.
void ledger::check_order(const told_run& run, const told_task& t,
                         const core::fact& x) {
  if (!t.step || t.item)
    return;
  for (const auto& edge : t.step->depends_on)
    if (!terminal(run.tasks.at(edge.step).told))
      wrong("I6", place(x) + " begins before `"
                    + run.definition->steps[edge.step].name + "` has ended");
}

/// Never early. (Once: that is the order of facts. Not lost: the end tells.)
void ledger::check_timer(told_run&, told_task& t, const core::fact& x) {
  using core::due_kind;
  auto fires =
    (x.kind == fact_kind::task_queued && t.told == task_state::retrying
     && (t.due == due_kind::retry || t.due == due_kind::snooze))
    || (x.kind == fact_kind::task_ended && x.detail == "completed"
        && t.told == task_state::in_progress && t.due == due_kind::sleep);
  if (fires && x.at < t.due_at)
    wrong("I9",
          place(x) + ": its timer was due at " + core::to_rfc3339(t.due_at));
}

} // namespace troupe::sim
