#include <algorithm>
#include <cassert>
#include <string>

#include <nlohmann/json.hpp>

#include "core/expression.hpp"
#include "core/gate.hpp"
#include "core/mutant.hpp"
#include "core/run.hpp"

// What becomes ready when something ends.

namespace troupe::core {

/// Makes a task for each step of a source: of the definition when the run is
/// accepted, of a group when an agent adds tasks.
void run::add_steps(uint32_t source, uint32_t parent, instant now) {
  const auto& def = *sources_[source];
  auto first = static_cast<uint32_t>(tasks_.size()) + 1;
  if (first_of_.size() <= source)
    first_of_.resize(source + 1);
  first_of_[source] = first;
  for (uint32_t i = 0; i < def.steps.size(); ++i) {
    auto& t = tasks_.emplace_back();
    t.number = first + i;
    t.source = source;
    t.step = i;
    t.parent = parent;
    t.priority =
      def.steps[i].priority != 0 ? def.steps[i].priority : row_.priority;
    t.open = static_cast<uint32_t>(def.steps[i].depends_on.size());
    ++row_.counts[static_cast<size_t>(task_state::waiting)];
    ++live_;
    touch(t);
  }
  run_dirty_ = true;
  for (uint32_t i = 0; i < def.steps.size(); ++i)
    if (def.steps[i].depends_on.empty())
      met(at(first + i), now);
}

/// All dependencies of `t` have ended. Skips it, or lets it begin.
void run::met(task& t, instant now) {
  if (t.state != task_state::waiting || row_.state == run_state::cancelling)
    return;
  if (row_.state == run_state::paused) {
    parked_.push_back(t.number);
    return;
  }
  const auto& s = spec(t);
  if (t.blocked && s.hold)
    return; // Until what failed was tried again, or somebody cancels it.
  if (t.blocked) {
    skip(t,
         {errc::dependency_failed, category::dependency,
          "a task it depends on did not end as the edge asks"},
         now);
    return;
  }
  if (!s.when.empty() && !is_item(t)) {
    auto yes = condition(s.when, t, nullptr);
    if (!yes)
      return fail(t, yes.error(), now);
    if (!*yes)
      return skip(t, {}, now);
  }
  if (!s.not_before.empty() && t.due == due_kind::none && !is_item(t)) {
    auto when = resolved_line(s.not_before, t);
    auto due = when ? from_rfc3339(*when) : std::nullopt;
    if (!due)
      return fail(t,
                  {errc::template_failed, category::validation,
                   "not_before of step `" + s.name
                     + "` is no RFC 3339 time; write e.g. "
                       "2026-01-31T09:00:00Z"},
                  now);
    if (*due > now)
      return arm(t, due_kind::not_before, *due);
  }
  disarm(t);
  pass_gate(t, now);
}

/// Asks somebody first, or lets it begin.
void run::pass_gate(task& t, instant now) {
  const auto& s = spec(t);
  if (!is_item(t) && gate(s, t.approved) == verdict_of_gate::ask) {
    apply(t, task_event::ask, now);
    out_.decisions.push_back(question(s, row_, t.number, now));
    if (s.kind == step_kind::approval && s.deadline && t.deadline == no_instant)
      t.deadline = now + *s.deadline; // It is never queued.
    arm_within(t, due_kind::approval, s.approve->timeout, now);
    note(fact_kind::decision_asked, &t, now, s.approve->by);
    return;
  }
  begin(t, now);
}

/// Nothing stands between `t` and its work any more.
void run::begin(task& t, instant now) {
  if (is_group(t))
    return expand(t, now);
  if (is_loop(t))
    return next_round(t, now);
  const auto& s = spec(t);
  if (s.input_is_template) {
    auto input = resolved(s.input, t);
    if (!input)
      return fail(t, input.error(), now);
    t.input = *input;
  } else {
    t.input = s.input;
  }
  if (s.kind == step_kind::work) {
    if (auto why = check_keys(t))
      return fail(t, std::move(why), now);
    return queue(t, now);
  }
  // The other kinds need no agent: they are in progress as rows, not actors.
  to_queued(t, now);
  apply(t, task_event::start, now);
  t.started_at = now;
  set_run_state(run_state::running, now);
  note(fact_kind::task_started, &t, now);
  switch (s.kind) {
    case step_kind::work:
      assert(!"work is queued");
      break;
    case step_kind::approval:
      complete(t, text{R"({"approved":true})"}, now);
      break;
    case step_kind::workflow:
      ++t.attempt;
      t.agent = {}; // Each attempt is a sub-run of its own.
      out_.sub_runs.push_back(t.number);
      arm_within(t, due_kind::timeout, s.timeout, now);
      break;
    case step_kind::sleep:
      begin_sleep(t, now);
      break;
    case step_kind::signal:
      begin_signal(t, now);
      break;
  }
}

/// Ready for an agent: queued in truth, offered once that is durable.
void run::queue(task& t, instant now) {
  to_queued(t, now);
  disarm(t);
  if (t.deadline != no_instant)
    arm(t, due_kind::deadline, t.deadline);
  // Once released, tries that follow need nobody's word.
  if (spec(t).hold && t.attempt == 0)
    arm(t, due_kind::held, no_instant);
  note(fact_kind::task_queued, &t, now,
       t.due == due_kind::held ? "held" : std::string{});
  if (row_.state == run_state::paused && !mutated(mutant::unpaused_return))
    apply(t, task_event::pause, now); // It came back; it goes on with the rest.
  else
    held_.push_back(t.number); // `drain` offers it.
}

/// Offers what is held back, as far as the run's `max_parallel` allows.
void run::offer_more(instant) {
  auto limit = sources_.front()->max_parallel;
  while (!held_.empty() && (limit == 0 || active_ < limit)) {
    auto& t = at(held_.front());
    held_.pop_front();
    if (t.state != task_state::queued || t.offered || t.asking
        || t.due == due_kind::held)
      continue;
    if (spec(t).cache > duration::zero() && !t.looked && t.fallback == 0) {
      t.asking = true;
      out_.questions.push_back({t.number, cache_key_of(t)});
      continue;
    }
    ++active_;
    ++t.attempt;
    t.offered = true;
    touch(t);
    out_.offers.push_back(t.number);
  }
}

uint32_t run::child(const task& parent, uint32_t item) {
  auto number = static_cast<uint32_t>(tasks_.size()) + 1;
  auto& t = tasks_.emplace_back();
  t.number = number;
  t.source = parent.source;
  t.step = parent.step;
  t.parent = parent.number;
  t.item = item;
  t.priority = parent.priority;
  t.deadline = parent.deadline; // Of all of them together.
  ++row_.counts[static_cast<size_t>(task_state::waiting)];
  ++live_;
  touch(t);
  run_dirty_ = true;
  return number;
}

/// Makes one task for each item of a foreach.
void run::expand(task& group, instant now) {
  const auto& s = spec(group);
  auto list = resolved(s.foreach, group);
  if (!list)
    return fail(group, list.error(), now);
  auto items = nlohmann::json::parse(list->view(), nullptr, false);
  auto wrong = [&](std::string message) {
    fail(group, {errc::template_failed, category::validation, message}, now);
  };
  if (!items.is_array())
    return wrong("foreach of step `" + s.name + "` is no list but "
                 + items.type_name());
  if (items.size() > foreach_items_max
      || tasks_.size() + items.size() > id::number_max)
    return wrong(
      "foreach of step `" + s.name + "` has " + std::to_string(items.size())
      + " items; foreach_items_max is " + std::to_string(foreach_items_max));
  to_queued(group, now);
  apply(group, task_event::start, now);
  group.started_at = now;
  set_run_state(run_state::running, now);
  note(fact_kind::task_started, &group, now);
  group.first = static_cast<uint32_t>(tasks_.size()) + 1;
  group.items = group.children = static_cast<uint32_t>(items.size());
  group.input = *list; // Items are looked up here again, also after a restart.
  for (uint32_t i = 0; i < group.items; ++i)
    child(group, i);
  group.open = 0; // From here on: the next item to start.
  if (group.items == 0)
    return gather(group, now);
  start_items(group, now);
}

/// Starts items in order while `max_parallel` allows.
void run::start_items(task& group, instant now) {
  auto limit = spec(group).max_parallel;
  // Items that were cancelled before their turn have ended without a beginning.
  uint32_t never_begun = 0;
  if (row_.counts[static_cast<size_t>(task_state::cancelled)] > 0)
    for (auto i = group.open; i < group.items; ++i)
      never_begun += at(group.first + i).settled;
  while (group.open < group.items) {
    auto ended = group.items - group.children - never_begun;
    if (limit != 0 && group.open - ended >= limit)
      return;
    auto& next = at(group.first + group.open++);
    never_begun -= next.settled;
    met(next, now);
  }
}

/// One more round of a repeat_until.
void run::next_round(task& loop, instant now) {
  if (loop.state != task_state::in_progress) {
    to_queued(loop, now);
    apply(loop, task_event::start, now);
    loop.started_at = now;
    set_run_state(run_state::running, now);
    note(fact_kind::task_started, &loop, now);
  }
  loop.first = child(loop, loop.items); // A deque: `loop` stays where it is.
  loop.items += 1;
  loop.children = 1;
  touch(loop);
  met(at(loop.first), now);
}

/// An item of a foreach or a round of a loop has ended.
void run::child_ended(task& group, task& child, instant now) {
  --group.children;
  if (terminal(group.state)) {
    if (group.children == 0) // What depends on it goes on only now.
      just_ended_.push_back(group.number);
    return;
  }
  if (is_group(group)) {
    if (group.children == 0)
      return gather(group, now);
    return start_items(group, now);
  }
  if (child.state != task_state::completed || child.spoilt) {
    auto why = child.error
                 ? *child.error
                 : failure{errc::dependency_failed, category::dependency,
                           "the round did not complete"};
    return fail(group, why, now);
  }
  const auto& s = spec(group);
  auto done = condition(s.repeat_until, child, &child.output);
  if (!done)
    return fail(group, done.error(), now);
  if (*done)
    return complete(group, child.output, now);
  if (group.items >= s.repeat_max)
    return fail(group,
                {errc::limit_reached, category::business,
                 "repeat_until of step `" + s.name + "` was not true after "
                   + std::to_string(group.items)
                   + " rounds (repeat_max); raise it or mend the condition"},
                now);
  group.output = child.output; // What `${output}` means in the next round.
  next_round(group, now);
}

/// All items have ended: their outputs, in order, are the group's.
void run::gather(task& group, instant now) {
  std::string all = "[";
  uint32_t failed = 0;
  for (uint32_t i = 0; i < group.items; ++i) {
    const auto& item = at(group.first + i);
    failed += item.state == task_state::failed
              || item.state == task_state::cancelled || item.spoilt;
    if (i > 0)
      all += ',';
    all += item.output.empty() ? "null" : item.output.view();
  }
  all += ']';
  if (failed > 0)
    return fail(group,
                {errc::dependency_failed, category::dependency,
                 std::to_string(failed) + " of " + std::to_string(group.items)
                   + " items of `" + spec(group).name + "` did not complete"},
                now);
  if (all.size() > gathered_bytes_max)
    return fail(group,
                {errc::limit_reached, category::resource,
                 "the gathered outputs of `" + spec(group).name
                   + "` are larger than gathered_bytes_max (16 MiB)"},
                now);
  complete(group, text{std::move(all)}, now);
}

/// `t` has ended, and so has what its agent added: its dependents may go on.
void run::settle(task& t, instant now) {
  if (t.settled || t.children > 0)
    return;
  t.settled = true;
  t.spoilt = spoilt_by_added(t);
  if (t.parent != 0) {
    auto& parent = at(t.parent);
    if (is_item(t))
      child_ended(parent, t, now);
    else if (--parent.children == 0 && terminal(parent.state))
      just_ended_.push_back(parent.number);
  }
  if (!is_item(t))
    settle_dependents(t, now);
}

void run::drain(instant now) {
  while (!just_ended_.empty()) {
    auto number = just_ended_.front();
    just_ended_.pop_front();
    settle(at(number), now);
  }
  offer_more(now);
  finish_if_over(now);
}

bool run::as_asked(const edge& e, const task& dependency) const {
  switch (e.on) {
    case edge_condition::always:
      return true;
    case edge_condition::failure:
      return dependency.state == task_state::failed || dependency.spoilt;
    case edge_condition::success:
      // Skipped because of its own `when` is as good as done; skipped because
      // of others is not.
      return (dependency.state == task_state::completed && !dependency.spoilt)
             || (dependency.state == task_state::skipped && !dependency.error);
  }
  return false;
}

void run::settle_dependents(task& t, instant now) {
  auto first = first_of_[t.source];
  for (const auto& edge : spec(t).dependents) {
    auto& other = at(first + edge.step);
    if (other.state != task_state::waiting)
      continue;
    other.blocked = other.blocked || !as_asked(edge, t);
    assert(other.open > 0);
    if (--other.open == 0 || mutated(mutant::order_off))
      met(other, now);
  }
}

} // namespace troupe::core
