#include <algorithm>
#include <cassert>
#include <utility>

#include "core/mutant.hpp"
#include "core/reader.hpp"
#include "core/run.hpp"

// What people and programs ask of a run.

namespace troupe::core {

namespace {

failure not_possible(std::string_view what, std::string_view state) {
  return {errc::invalid_state, category::validation,
          std::string{what} + " is not possible: it is " + std::string{state}};
}

/// Why no step ever takes such a signal; empty: one may.
failure nobody_takes(std::string_view signal,
                     const std::vector<workflow_ptr>& sources) {
  std::vector<std::string_view> known;
  for (const auto& source : sources)
    for (const auto& s : source->steps) {
      if (s.kind != step_kind::signal)
        continue;
      if (s.signal == signal)
        return {};
      known.push_back(s.signal);
    }
  auto hint = did_you_mean(signal, known);
  if (hint.empty())
    hint = known.empty() ? "none of them waits for a signal"
                         : "one waits for `" + std::string{known[0]} + "`";
  return {errc::invalid, category::validation,
          "no step of this run waits for a signal `" + std::string{signal}
            + "`; " + hint};
}

} // namespace

bool run::has_carried_out(id command) const {
  const auto& known = row_.commands;
  return std::find(known.begin(), known.end(), command) != known.end();
}

void run::remember(id command) {
  auto& known = row_.commands;
  if (known.size() >= commands_kept_max)
    known.erase(known.begin());
  known.push_back(command);
  run_dirty_ = true;
}

failure run::cancel(const origin& by, std::string_view reason, instant now) {
  if (terminal(row_.state))
    return not_possible("cancel", to_string(row_.state));
  if (row_.state == run_state::cancelling)
    return {}; // Asked twice is asked once.
  note_command("cancel", by, now, reason);
  row_.paused_at = no_instant;
  // First, so that nothing new begins when the tasks end one by one.
  set_run_state(run_state::cancelling, now);
  auto why = reason.empty() ? std::string_view{"Cancelled by user"} : reason;
  row_.error = {errc::cancelled, category::cancelled, std::string{why}};
  for (auto& t : tasks_)
    if (!mutated(mutant::late_begin) || t.state != task_state::queued)
      cancel_one(t, why, now);
  drain(now);
  return {};
}

failure run::cancel_task(uint32_t number, const origin& by,
                         std::string_view reason, instant now) {
  auto* t = find(number) == nullptr ? nullptr : &at(number);
  if (t == nullptr)
    return {errc::not_found, category::validation, "no such task in this run"};
  if (terminal(t->state))
    return not_possible("cancel", to_string(t->state));
  note_command("cancel task", by, now, reason, name_of(*t));
  auto why = reason.empty() ? std::string_view{"Cancelled by user"} : reason;
  if (is_group(*t) || is_loop(*t))
    for (uint32_t i = 0; t->first != 0 && i < (is_loop(*t) ? 1 : t->items); ++i)
      cancel_one(at(t->first + i), why, now);
  cancel_one(*t, why, now);
  drain(now);
  return {};
}

failure run::pause(const origin& by, instant now) {
  if (row_.state != run_state::queued && row_.state != run_state::running)
    return not_possible("pause", to_string(row_.state));
  note_command("pause", by, now);
  row_.paused_at = now;
  set_run_state(run_state::paused, now);
  held_.clear();
  for (auto& t : tasks_) {
    if (t.due != due_kind::none) // The clocks stand; `due_at` is kept.
      out_.timers.push_back({t.number, due_kind::none, no_instant});
    if (t.state == task_state::in_progress && !working(t))
      if (auto child = id_from(t.agent.view()))
        out_.pauses.push_back(*child);
    if (t.state != task_state::queued)
      continue;
    withdraw(t);
    apply(t, task_event::pause, now);
  }
  if (row_.deadline != no_instant)
    out_.timers.push_back({0, due_kind::none, no_instant});
  return {};
}

failure run::resume(const origin& by, instant now) {
  if (row_.state != run_state::paused)
    return not_possible("resume", to_string(row_.state));
  note_command("resume", by, now);
  auto stood = now - row_.paused_at;
  row_.paused_at = no_instant;
  set_run_state(row_.started_at == no_instant ? run_state::queued
                                              : run_state::running,
                now);
  if (row_.deadline != no_instant) {
    row_.deadline += stood;
    out_.timers.push_back({0, due_kind::deadline, row_.deadline});
  }
  for (auto& t : tasks_) {
    if (t.deadline != no_instant && !terminal(t.state)) {
      t.deadline += stood;
      touch(t);
    }
    // A time of day is what it is, however long the clocks stood.
    if (t.due == due_kind::not_before)
      arm(t, t.due, t.due_at);
    else if (t.due == due_kind::held)
      touch(t);
    else if (t.due != due_kind::none)
      arm(t, t.due, t.due_at + stood);
    if (t.state == task_state::in_progress && !working(t))
      if (auto child = id_from(t.agent.view()))
        out_.resumes.push_back(*child);
    if (t.state != task_state::paused)
      continue;
    apply(t, task_event::resume, now);
    held_.push_back(t.number);
  }
  // Items that were to begin while the clocks stood, in an earlier life of the
  // run: that they were is not stored.
  for (auto& t : tasks_)
    if (t.state == task_state::in_progress && is_group(t))
      start_items(t, now);
  for (auto number : std::exchange(parked_, {})) {
    if (at(number).state == task_state::awaiting_approval)
      begin(at(number), now); // Approved while the clocks stood.
    else
      met(at(number), now);
  }
  drain(now);
  return {};
}

failure run::retry(uint32_t number, const origin& by, instant now, bool anew) {
  if (row_.state == run_state::cancelling)
    return not_possible("retry", to_string(row_.state));
  if (row_.state == run_state::paused)
    return not_possible("retry", "paused; resume the run first");
  if (row_.state == run_state::completed)
    return not_possible("retry",
                        "completed; a failure in it was handled by other "
                        "steps. Submit it again to run it anew");
  std::vector<uint32_t> failed;
  if (number != 0) {
    if (find(number) == nullptr)
      return {errc::not_found, category::validation,
              "no such task in this run"};
    if (at(number).state != task_state::failed)
      return not_possible("retry", to_string(at(number).state));
    failed.push_back(number);
  } else {
    for (const auto& t : tasks_)
      if (t.state == task_state::failed && !is_item(t))
        failed.push_back(t.number);
    if (failed.empty())
      return not_possible("retry", "without failed tasks; only those can be");
  }
  note_command("retry", by, now);
  if (terminal(row_.state)) {
    over_ = false;
    row_.ended_at = no_instant;
    row_.error = {};
    row_.output = {};
    set_run_state(run_state::running, now);
  }
  for (auto n : failed)
    if (at(n).state == task_state::failed) { // And not begun with another one.
      if (anew)
        at(n).retries = 0;
      reopen(is_item(at(n)) ? at(n).parent : n, now);
    }
  drain(now);
  return {};
}

void run::forget_end(task& t) {
  t.settled = false;
  t.spoilt = false;
  t.error.reset();
  t.ended_at = no_instant;
  t.unclean = 0;
  t.fallback = 0;
  t.stopping = false;
  t.deadline = no_instant;
  if (spec(t).kind == step_kind::workflow)
    t.agent = {}; // The sub-run that failed; there will be another.
}

/// A failed task is queued again; what was skipped because of it waits again.
void run::reopen(uint32_t number, instant now) {
  std::deque<uint32_t> open{number};
  while (!open.empty()) {
    auto& t = at(open.front());
    open.pop_front();
    if (t.settled)
      wait_again_above(t, open, now);
    forget_end(t);
    wait_again(t, open, now);
  }
  auto& t = at(number);
  if (t.state != task_state::failed)
    return;
  apply(t, task_event::retry, now);
  if (is_group(t) && t.first != 0)
    reopen_items(t, now);
  else if (!reopen_round(t, now))
    pass_gate(t, now); // What was rejected is asked again.
}

void run::reopen_items(task& group, instant now) {
  apply(group, task_event::start, now);
  for (uint32_t i = 0; i < group.items; ++i) {
    auto& item = at(group.first + i);
    if (item.spoilt)
      reopen_added(item, now);
    if (item.state != task_state::failed)
      continue;
    ++group.children;
    forget_end(item);
    apply(item, task_event::retry, now);
    begin(item, now);
  }
  if (group.children == 0) // Only cancelled ones: nothing can be retried.
    gather(group, now);
}

/// Of a loop whose newest round failed only by what its agent added.
bool run::reopen_round(task& loop, instant now) {
  if (!is_loop(loop) || loop.first == 0 || !at(loop.first).spoilt)
    return false;
  if (!reopen_added(at(loop.first), now))
    return false;
  apply(loop, task_event::start, now);
  return true;
}

/// From the states of what `t` depends on: how many are open, and whether one
/// ended otherwise than asked.
void run::count_dependencies(task& t) const {
  t.open = 0;
  t.blocked = false;
  for (const auto& edge : spec(t).depends_on) {
    const auto& other = tasks_[first_of_[t.source] + edge.step - 1];
    if (!other.settled)
      ++t.open;
    else
      t.blocked = t.blocked || !as_asked(edge, other);
  }
}

failure run::signal(std::string_view name, text payload, const origin& by,
                    instant now, bool& taken) {
  if (terminal(row_.state) || row_.state == run_state::cancelling)
    return not_possible("signal", to_string(row_.state));
  if (auto why = nobody_takes(name, sources_))
    return why;
  taken = false;
  for (auto& t : tasks_) {
    if (t.state != task_state::in_progress || spec(t).kind != step_kind::signal
        || spec(t).signal != name || is_group(t) || is_loop(t))
      continue;
    note_command("signal", by, now, {}, name);
    complete(t, payload, now);
    taken = true;
    break;
  }
  if (!taken) {
    if (kept_signals_.size() >= signals_kept_max)
      return {errc::limit_reached, category::resource,
              "1000 signals wait for this run (signals_kept_max)"};
    signal_row row;
    row.run = row_.key;
    row.workspace = row_.workspace;
    row.name = std::string{name};
    row.payload = std::move(payload);
    row.at = now;
    note_command("signal", by, now, {}, name);
    kept_signals_.push_back(row);
    out_.signals.push_back(std::move(row));
  }
  drain(now);
  return {};
}

failure run::answer(uint32_t number, bool yes, const origin& by,
                    std::string_view who, std::string_view comment,
                    instant now) {
  if (find(number) == nullptr)
    return {errc::not_found, category::validation, "no such task in this run"};
  auto& t = at(number);
  if (t.state != task_state::awaiting_approval)
    return t.approved || (t.error && t.error->code == errc::rejected)
             ? failure{errc::already_answered, category::validation,
                       "this decision was answered before"}
             : not_possible("an answer", to_string(t.state));
  note_command(yes ? "approve" : "reject", by, now, comment);
  decision_row row;
  row.task = row_.key.with(number);
  row.workspace = row_.workspace;
  row.state = yes ? decision_state::approved
                  : (by.door == "clock" ? decision_state::expired
                                        : decision_state::rejected);
  row.answered_by = std::string{who};
  row.comment = std::string{comment};
  row.answered_at = now;
  out_.decisions.push_back(std::move(row));
  note(fact_kind::decision_answered, &t, now, yes ? "approved" : "rejected");
  disarm(t);
  t.approved = yes;
  if (!yes)
    fail(t,
         {errc::rejected, category::business,
          comment.empty() ? "the approval was refused" : std::string{comment}},
         now);
  else if (row_.state == run_state::paused)
    parked_.push_back(number);
  else
    begin(t, now);
  drain(now);
  return {};
}

} // namespace troupe::core
