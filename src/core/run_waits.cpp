#include <algorithm>

#include "core/run.hpp"

// Steps that need no agent: sleeps, signals, sub-workflows. They are in
// progress as rows, not as actors.

namespace troupe::core {

/// Arms what comes first: that timer, or the task's deadline. A sub-run is
/// stopped the same way for both.
void run::arm_within(task& t, due_kind kind, std::optional<duration> time,
                     instant now) {
  auto due = time ? now + *time : no_instant;
  if (t.deadline != no_instant && (!time || t.deadline < due)) {
    due = t.deadline;
    if (kind != due_kind::timeout)
      kind = due_kind::deadline;
  }
  if (due != no_instant)
    arm(t, kind, due);
}

void run::begin_sleep(task& t, instant now) {
  const auto& s = spec(t);
  auto length = s.sleep;
  if (!s.sleep_template.empty()) {
    auto written = resolved_line(s.sleep_template, t);
    auto parsed = written ? parse_duration(*written) : std::nullopt;
    if (!parsed)
      return fail(
        t,
        {errc::template_failed, category::validation,
         "sleep of step `" + s.name + "` is no duration; write e.g. 90s"},
        now);
    length = *parsed;
  }
  arm_within(t, due_kind::sleep, length, now);
}

void run::begin_signal(task& t, instant now) {
  const auto& s = spec(t);
  auto kept =
    std::find_if(kept_signals_.begin(), kept_signals_.end(),
                 [&s](const signal_row& x) { return x.name == s.signal; });
  if (kept == kept_signals_.end())
    return arm_within(t, due_kind::signal, s.timeout, now);
  auto taken = *kept;
  kept_signals_.erase(kept);
  auto payload = taken.payload;
  taken.taken = true;
  out_.signals.push_back(std::move(taken));
  complete(t, payload, now);
}

/// In progress, as a run of its own.
bool run::is_sub_run(const task& t) const {
  return t.state == task_state::in_progress && !is_group(t) && !is_loop(t)
         && spec(t).kind == step_kind::workflow;
}

void run::name_sub_runs(const std::function<id()>& next) {
  for (auto number : out_.sub_runs) {
    auto& t = at(number);
    t.agent = text{to_string(next())};
    touch(t);
  }
}

void run::sub_run_started(uint32_t number, id child) {
  const auto& t = at(number);
  if (terminal(t.state) || id_from(t.agent.view()) != child)
    return;
  // What was said while it was being started.
  if (t.stopping)
    out_.cancels.push_back(child);
  else if (row_.state == run_state::paused)
    out_.pauses.push_back(child);
}

void run::sub_run_ended(uint32_t number, id child, run_state how, text output,
                        failure why, instant now, double random) {
  if (find(number) == nullptr)
    return;
  auto& t = at(number);
  // Of an earlier attempt, or told twice.
  if (!is_sub_run(t) || id_from(t.agent.view()) != child)
    return;
  auto too_late = late(t);
  disarm(t);
  if (how == run_state::completed) {
    if (auto wrong = check_expectations(t, output))
      attempt_failed(t, std::move(wrong), {}, now, random);
    else
      complete(t, std::move(output), now);
  } else if (too_late) {
    t.stopping = false;
    attempt_failed(
      t, {errc::timed_out, category::timeout, timed_out_words(t, now, {})}, {},
      now, random);
  } else if (how == run_state::cancelled && t.stopping) {
    end_cancelled(t, "cancelled", now);
  } else {
    if (!why)
      why = {errc::cancelled, category::cancelled, "its sub-run was cancelled"};
    attempt_failed(t, std::move(why), {}, now, random);
  }
  drain(now);
}

/// A sub-run whose time is up is cancelled like one that nobody wants any more;
/// that its timer is still set says why.
bool run::late(const task& t) const {
  return t.stopping && t.due == due_kind::timeout && is_sub_run(t);
}

void run::expire_sub_run(task& t, instant now) {
  if (t.stopping)
    return; // It knows.
  auto child = id_from(t.agent.view());
  if (std::erase(out_.sub_runs, t.number) > 0 || !child) {
    disarm(t);
    return attempt_failed(
      t, {errc::timed_out, category::timeout, timed_out_words(t, now, {})}, {},
      now, 0);
  }
  t.stopping = true;
  touch(t);
  out_.cancels.push_back(*child);
}

} // namespace troupe::core
