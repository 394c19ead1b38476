#include <algorithm>
#include <cassert>

#include "core/run.hpp"

// What happens to a run from outside: agents, timers, sub-runs.

namespace troupe::core {

bool run::assigned(uint32_t number, uint32_t attempt, std::string_view agent,
                   text score, instant now) {
  if (find(number) == nullptr)
    return false;
  auto& t = at(number);
  if (t.state != task_state::queued || !t.offered || t.attempt != attempt) {
    // Withdrawn while the coordinator gave it away. Its end will be refused,
    // too, because a withdrawn task is offered with a new token.
    return false;
  }
  t.offered = false; // Still counted in `active_`.
  if (last_agent_.view() != agent)
    last_agent_ = text{std::string{agent}};
  t.agent = last_agent_;
  t.score = std::move(score);
  t.started_at = now;
  apply(t, task_event::start, now);
  set_run_state(run_state::running, now);
  note(fact_kind::task_started, &t, now, t.agent.str());
  auto due = now + spec(t).timeout.value_or(std::chrono::seconds{30});
  if (t.deadline != no_instant)
    due = std::min(due, t.deadline);
  arm(t, due_kind::timeout, due);
  return true;
}

std::string run::timed_out_words(const task& t, instant now,
                                 const std::string& of_agent) const {
  auto words =
    t.deadline != no_instant && now >= t.deadline
      ? "its deadline passed while it was in progress"
      : "the attempt ran longer than "
          + to_text(spec(t).timeout.value_or(std::chrono::seconds{30}));
  if (!of_agent.empty() && of_agent != "cancelled")
    words += "; its agent said: " + of_agent;
  return words;
}

bool run::ended(uint32_t number, uint32_t attempt, end_kind how, outcome what,
                instant now, double random, const kept_log_ptr& log) {
  if (find(number) == nullptr)
    return false;
  auto& t = at(number);
  if (!working(t) || t.attempt != attempt)
    return false;
  if (log)
    out_.logs.push_back({row_.key.with(number), attempt, row_.workspace,
                         log->left_out, log->lines});
  disarm(t);
  --active_;
  auto started = t.started_at;
  if (t.stopping && (how != end_kind::answered || what.what != verdict::done)) {
    // Asked to stop, and did. (A result that was faster still counts.)
    end_cancelled(t, "cancelled", now);
    audit(t, started, now);
    drain(now);
    return true;
  }
  auto failed = [&](errc code, category kind, std::string otherwise) {
    auto why = std::move(what.error);
    why.code = code;
    why.kind = kind;
    if (why.message.empty())
      why.message = std::move(otherwise);
    attempt_failed(t, std::move(why), what.delay, now, random);
  };
  const auto& s = spec(t);
  switch (how) {
    case end_kind::answered:
      answered(t, std::move(what), now, random);
      break;
    case end_kind::returned:
    case end_kind::cancelled: // By the host's own doing, e.g. a drain.
      if (s.at_most_once)
        failed(errc::agent_crashed, category::agent_crash,
               "interrupted, and it must not run twice");
      else
        return_to_queue(t, now);
      break;
    case end_kind::crashed:
      failed(errc::agent_crashed, category::agent_crash,
             "the agent crashed while it worked");
      break;
    case end_kind::timed_out:
      // What the agent says of it comes second: often just "cancelled".
      what.error.message = timed_out_words(t, now, what.error.message);
      failed(errc::timed_out, category::timeout, {});
      break;
    case end_kind::stuck:
      // It may still be doing things: only harmless work is tried elsewhere.
      if (s.pure)
        failed(errc::timed_out, category::timeout,
               "the agent ignores cancellation");
      else
        fail(t,
             {errc::timed_out, category::timeout,
              "the agent ignores cancellation and may still be at work, so it "
              "is not tried again; look at the agent, then `troupe retry`"},
             now);
      break;
  }
  audit(t, started, now);
  drain(now);
  return true;
}

void run::timer(uint32_t number, due_kind kind, instant now) {
  if (number == 0) {
    if (kind == due_kind::deadline && !terminal(row_.state)
        && row_.state != run_state::cancelling) {
      row_.error = {errc::timed_out, category::timeout,
                    "the run's deadline has passed"};
      for (auto& t : tasks_)
        cancel_one(t, "the run's deadline has passed", now);
      set_run_state(run_state::cancelling, now);
      drain(now);
    }
    return;
  }
  if (find(number) == nullptr || row_.state == run_state::paused)
    return;
  auto& t = at(number);
  // A timer that was disarmed while it fired, or comes early, means nothing.
  if (t.due != kind || t.due_at > now)
    return;
  switch (kind) {
    case due_kind::none:
    case due_kind::held:
      return;
    case due_kind::retry:
    case due_kind::snooze:
      if (spec(t).kind == step_kind::work)
        queue(t, now);
      else
        begin(t, now);
      break;
    case due_kind::timeout:
      if (spec(t).kind == step_kind::workflow) {
        expire_sub_run(t, now);
        break;
      }
      t.due = due_kind::none; // The task actor sees to it that it ends.
      t.due_at = no_instant;
      out_.expired.push_back(number);
      touch(t);
      break;
    case due_kind::deadline:
      close_question(t, now);
      fail(t,
           {errc::timed_out, category::timeout,
            spec(t).kind == step_kind::work
              ? "its deadline passed before an agent took it"
              : "its deadline passed while it waited"},
           now);
      break;
    case due_kind::sleep:
      complete(t, {}, now);
      break;
    case due_kind::signal:
      fail(t,
           {errc::timed_out, category::timeout,
            "signal `" + spec(t).signal + "` did not come in time"},
           now);
      break;
    case due_kind::approval: {
      auto yes = spec(t).approve->approve_on_timeout;
      answer(number, yes, {"timer", "clock", {}, {}}, "timeout",
             "nobody answered in time", now);
      return;
    }
    case due_kind::not_before:
      met(t, now);
      break;
  }
  drain(now);
}

void run::adopt(uint32_t number, uint32_t attempt, std::string_view agent,
                instant now) {
  if (find(number) == nullptr)
    return;
  auto& t = at(number);
  if (attempt < t.attempt || terminal(t.state))
    return;
  t.attempt = attempt;
  if (t.state == task_state::queued) {
    // Its start was not written yet when the shard went down.
    if (!t.offered)
      ++active_;
    t.offered = true;
    assigned(number, attempt, agent, {}, now);
    return;
  }
  touch(t);
}

void run::go_on(instant now) {
  drain(now);
}

void run::lost(uint32_t number, bool counted, instant now) {
  if (find(number) == nullptr)
    return;
  auto& t = at(number);
  if (!working(t))
    return;
  disarm(t);
  --active_;
  if (counted)
    ++t.unclean;
  touch(t);
  if (t.unclean >= unclean_ends_max)
    fail(t,
         {errc::quarantined, category::agent_crash,
          "the task was running at three unclean ends of the node, so it may "
          "be what ends it; mend it or its agent, then `troupe retry`"},
         now);
  else if (t.stopping)
    end_cancelled(t, "cancelled", now);
  else if (spec(t).at_most_once)
    fail(t,
         {errc::agent_crashed, category::agent_crash,
          "interrupted, and it must not run twice"},
         now);
  else
    return_to_queue(t, now);
  drain(now);
}

} // namespace troupe::core
