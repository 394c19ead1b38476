#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/backoff.hpp"
#include "core/expectation.hpp"
#include "core/run.hpp"

// How tasks, attempts and the run end.

namespace troupe::core {

namespace {

/// Where a step is a run of its own whose step failed, and so on, the outermost
/// and the innermost of them tell enough.
std::string step_failed(const std::string& name, std::string_view why) {
  constexpr std::string_view mark = "` failed: ";
  auto whole = "step `" + name + "` failed";
  if (why.empty())
    return whole;
  auto innermost = why;
  for (;;) {
    auto end = why.starts_with("step `") ? why.find(mark) : why.npos;
    if (end == why.npos)
      break;
    innermost = why;
    why.remove_prefix(end + mark.size());
  }
  auto same = innermost.starts_with(whole + ": ");
  return whole + ": " + std::string{same ? why : innermost};
}

} // namespace

void run::complete(task& t, text output, instant now) {
  // What is expected of a foreach or a loop is expected of each item or round.
  if (!is_group(t) && !is_loop(t))
    if (auto why = check_expectations(t, output))
      return fail(t, why, now);
  disarm(t);
  apply(t, task_event::complete, now);
  t.output = std::move(output);
  t.error.reset();
  t.ended_at = now;
  note(fact_kind::task_ended, &t, now, "completed");
  if (const auto& name = spec(t).milestone; !name.empty())
    note(fact_kind::milestone, &t, now, name);
  just_ended_.push_back(t.number);
}

void run::fail(task& t, failure why, instant now) {
  disarm(t);
  withdraw(t);
  apply(t, task_event::fail, now);
  t.ended_at = now;
  note(fact_kind::task_ended, &t, now,
       "failed: " + std::string{to_string(why.code)} + ": " + why.message);
  t.error = std::make_unique<failure>(std::move(why));
  just_ended_.push_back(t.number);
}

void run::skip(task& t, failure why, instant now) {
  disarm(t);
  apply(t, task_event::skip, now);
  t.ended_at = now;
  if (why)
    t.error = std::make_unique<failure>(std::move(why));
  note(fact_kind::task_ended, &t, now, "skipped");
  just_ended_.push_back(t.number);
}

/// In progress with an agent or as a sub-run: it is asked to stop, and ends
/// when it has. That it was asked is written, and holds over a restart.
bool run::asked_to_stop(task& t) {
  auto sub_run = is_sub_run(t);
  // A sub-run without a name has not been started.
  if (sub_run && std::erase(out_.sub_runs, t.number) > 0)
    return false;
  if (!working(t) && !sub_run)
    return false;
  if (sub_run)
    disarm(t); // Whatever its time: it is cancelled, and not tried again.
  if (t.stopping)
    return true;
  t.stopping = true;
  touch(t);
  if (working(t))
    out_.stops.push_back(t.number);
  else if (auto child = id_from(t.agent.view()))
    out_.cancels.push_back(*child);
  return true;
}

/// A question that nobody needs to answer any more.
void run::close_question(const task& t, instant now) {
  if (t.state != task_state::awaiting_approval)
    return;
  decision_row row;
  row.task = row_.key.with(t.number);
  row.state = decision_state::void_;
  row.answered_at = now;
  out_.decisions.push_back(std::move(row));
}

/// Ends a task at once, if nobody works on it.
void run::cancel_one(task& t, std::string_view reason, instant now) {
  if (terminal(t.state))
    return;
  if (asked_to_stop(t)) {
    // What it ends with when it has stopped, also after a restart.
    t.error = std::make_unique<failure>(
      failure{errc::cancelled, category::cancelled, std::string{reason}});
    touch(t);
    return;
  }
  close_question(t, now);
  end_cancelled(t, reason, now);
}

void run::end_cancelled(task& t, std::string_view reason, instant now) {
  disarm(t);
  withdraw(t);
  apply(t, task_event::cancel, now);
  auto has_reason = t.stopping && t.error && t.error->code == errc::cancelled;
  t.stopping = false;
  t.ended_at = now;
  if (!has_reason)
    t.error = std::make_unique<failure>(
      failure{errc::cancelled, category::cancelled, std::string{reason}});
  note(fact_kind::task_ended, &t, now, "cancelled");
  just_ended_.push_back(t.number);
}

/// An attempt has failed: try again later, or fail the task for good.
void run::attempt_failed(task& t, failure why, duration retry_after,
                         instant now, double random) {
  const auto& s = spec(t);
  attempt_row row;
  row.task = row_.key.with(t.number);
  row.attempt = t.attempt;
  row.workspace = row_.workspace;
  row.agent = t.agent.str();
  row.score = t.score;
  row.started_at = t.started_at;
  row.ended_at = now;
  row.error = why;
  out_.attempts.push_back(std::move(row));
  if (t.stopping)
    return end_cancelled(t, "cancelled", now);
  retry_question ask;
  ask.retries_used = t.retries - t.fallback; // Which has as many of its own.
  ask.now = now;
  ask.deadline = t.deadline;
  ask.retry_after = retry_after;
  ask.category_changed = t.error && t.error->kind != why.kind;
  ask.random = random;
  auto verdict = decide_retry(s, why, ask);
  if (!verdict.at || s.at_most_once || row_.state == run_state::cancelling) {
    if (fall_back(t, why, now))
      return;
    if (t.retries > 0 && !verdict.why_not.empty())
      why.message += " (" + verdict.why_not + ")";
    return fail(t, std::move(why), now);
  }
  ++t.retries;
  apply(t, task_event::backoff, now);
  note(fact_kind::task_retrying, &t, now, why.message);
  t.error = std::make_unique<failure>(std::move(why));
  arm(t, due_kind::retry, *verdict.at);
}

/// Back to where it was before somebody took it; not counted.
void run::return_to_queue(task& t, instant now) {
  disarm(t);
  apply(t, task_event::release, now);
  t.stopping = false;
  t.started_at = no_instant;
  queue(t, now);
}

void run::answered(task& t, outcome what, instant now, double random) {
  switch (what.what) {
    case verdict::done: {
      text output{std::move(what.output)};
      if (auto why = check_expectations(t, output))
        return attempt_failed(t, std::move(why), {}, now, random);
      if (!what.more.empty() && row_.state != run_state::cancelling)
        add_dynamic(t, what.more, now);
      if (t.state != task_state::in_progress)
        return; // What it added was wrong.
      if (what.more.empty())
        keep_output(t, output, now);
      complete(t, std::move(output), now);
      return;
    }
    case verdict::failed:
      return attempt_failed(t, std::move(what.error), what.delay, now, random);
    case verdict::snooze:
      apply(t, task_event::backoff, now);
      note(fact_kind::task_retrying, &t, now, "snoozed by its agent");
      arm(t, due_kind::snooze,
          t.deadline == no_instant
            ? now + what.delay
            : std::min(now + what.delay, std::max(now, t.deadline)));
      return;
  }
}

/// What an agent adds joins the run's graph; what depends on `t` waits for it
/// too.
void run::add_dynamic(task& t, const std::string& more, instant now) {
  auto parsed = parse_task_list(more);
  auto wrong = [&](std::string message) {
    fail(t, {errc::invalid_result, category::validation, std::move(message)},
         now);
  };
  if (!parsed.value)
    return wrong("the tasks that the agent added are wrong: "
                 + to_text(parsed.problems.front(), "tasks"));
  auto n = parsed.value->steps.size();
  if (n > dynamic_tasks_max || tasks_.size() + n > id::number_max)
    return wrong("the agent added " + std::to_string(n)
                 + " tasks; dynamic_tasks_max is "
                 + std::to_string(dynamic_tasks_max));
  sources_.push_back(parsed.value);
  t.added = static_cast<uint32_t>(sources_.size()) - 1;
  t.children += static_cast<uint32_t>(n);
  add_steps(static_cast<uint32_t>(sources_.size()) - 1, t.number, now);
}

failure run::check_expectations(const task& t, const text& output) const {
  const auto& s = spec(t);
  if (!s.expect_schema.empty()) {
    auto value = nlohmann::json::parse(output.view(), nullptr, false);
    auto schema = nlohmann::json::parse(s.expect_schema.view(), nullptr, false);
    if (auto why = mismatch(schema, value); !why.empty())
      return {errc::invalid_result, category::invalid_result,
              "the output of `" + s.name + "` is not as expected: " + why};
  }
  if (s.expect.empty())
    return {};
  auto yes = condition(s.expect, t, &output);
  if (!yes)
    return yes.error();
  if (*yes)
    return {};
  return {errc::invalid_result, category::invalid_result,
          "the output of `" + s.name + "` is not as expected: " + s.expect};
}

/// A failure that another step was made for, and that went well, is handled.
/// What runs in any case, like a clean-up, handles nothing.
bool run::handled(const task& t) const {
  const auto& edges = spec(t).dependents;
  return std::any_of(edges.begin(), edges.end(), [&](const edge& x) {
    return x.on == edge_condition::failure
           && tasks_[first_of_[t.source] + x.step - 1].state
                == task_state::completed;
  });
}

/// How a run ends of which nothing is left to do. The first failure counts;
/// without one, the first task that was cancelled by itself.
run_state run::verdict() {
  if (row_.state == run_state::cancelling)
    return row_.error.code == errc::timed_out ? run_state::failed
                                              : run_state::cancelled;
  const task* cancelled = nullptr;
  for (const auto& t : tasks_) {
    if (is_item(t))
      continue;
    if (t.state == task_state::cancelled && cancelled == nullptr)
      cancelled = &t;
    if (t.state != task_state::failed || handled(t) || handled_above(t))
      continue;
    row_.error = {errc::agent_failed, t.error ? t.error->kind : category{},
                  step_failed(name_of(t), t.error ? t.error->message : "")};
    if (t.error)
      row_.error.code = t.error->code;
    return run_state::failed;
  }
  if (cancelled == nullptr)
    return run_state::completed;
  row_.error = {errc::cancelled, category::cancelled,
                "step `" + name_of(*cancelled) + "` was cancelled"};
  return run_state::cancelled;
}

void run::finish_if_over(instant now) {
  if (over_ || live_ > 0)
    return;
  over_ = true;
  auto to = verdict();
  row_.ended_at = now;
  if (to == run_state::completed)
    row_.output = gathered_output();
  if (row_.deadline != no_instant)
    out_.timers.push_back({0, due_kind::none, no_instant});
  set_run_state(to, now);
}

/// The outputs of the steps that nothing depends on, by name.
text run::gathered_output() const {
  if (ad_hoc_)
    return {};
  std::string all = "{";
  for (const auto& t : tasks_) {
    if (t.source != 0 || t.parent != 0 || t.output.empty()
        || !spec(t).dependents.empty())
      continue;
    if (all.size() > 1)
      all += ',';
    all += nlohmann::json(spec(t).name).dump();
    all += ':';
    all += t.output.view();
    if (all.size() > gathered_bytes_max)
      return text{R"({"truncated":"gathered_bytes_max"})"};
  }
  return text{all + '}'};
}

} // namespace troupe::core
