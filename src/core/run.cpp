#include "core/run.hpp"

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>

#include "core/command_words.hpp"
#include "core/queue_words.hpp"

namespace troupe::core {

run::run(run_request what, instant now) : ad_hoc_(what.ad_hoc) {
  const auto& def = *what.definition;
  row_.key = what.key;
  row_.fresh = true;
  row_.parent = what.parent;
  row_.parent_task = what.parent_task;
  row_.workspace = std::move(what.workspace);
  row_.name = ad_hoc_ ? "tasks" : def.name;
  row_.version = ad_hoc_ ? 0 : def.version;
  row_.definition = def.hash;
  row_.input = std::move(what.input);
  row_.labels = what.labels.empty() ? def.labels : std::move(what.labels);
  row_.idempotency_key = std::move(what.idempotency_key);
  row_.priority = what.priority != 0 ? what.priority : def.priority;
  row_.by = std::move(what.by);
  row_.created_at = now;
  row_.counts.assign(task_states, 0);
  if (def.deadline)
    row_.deadline = now + *def.deadline;
  sources_.push_back(std::move(what.definition));
}

void run::accept(instant now) {
  assert(tasks_.empty());
  run_dirty_ = true;
  note(fact_kind::run_accepted, nullptr, now, row_.name);
  if (row_.deadline != no_instant)
    out_.timers.push_back({0, due_kind::deadline, row_.deadline});
  add_steps(0, 0, now);
  row_.total = static_cast<uint32_t>(tasks_.size());
  drain(now);
}

run_effects run::take(instant now) {
  if (run_dirty_ || !dirty_.empty())
    row_.updated_at = now;
  row_.last_number = static_cast<uint32_t>(tasks_.size());
  auto out = std::exchange(out_, {});
  if (!out.withdrawn.empty())
    keep_standing(out.offers);
  out.facts = std::exchange(facts_, {});
  out.run = row_;
  row_.fresh = false;
  out.tasks.reserve(dirty_.size());
  for (auto number : dirty_) {
    auto& t = at(number);
    out.tasks.push_back(row_of(t));
    t.fresh = false;
    t.dirty = false;
  }
  dirty_.clear();
  run_dirty_ = false;
  out.over = over_;
  return out;
}

/// What was offered and withdrawn since the last time is no news to anybody;
/// what was offered twice is one offer.
void run::keep_standing(std::vector<uint32_t>& offers) const {
  std::unordered_set<uint32_t> seen;
  std::erase_if(offers, [&](uint32_t number) {
    return !find(number)->offered || !seen.insert(number).second;
  });
}

const run::task* run::find(uint32_t number) const {
  return number == 0 || number > tasks_.size() ? nullptr : &tasks_[number - 1];
}

const step& run::spec(const task& t) const {
  return sources_[t.source]->steps[t.step];
}

std::string run::name_of(const task& t) const {
  const auto& name = spec(t).name;
  return is_item(t) ? name + '[' + std::to_string(t.item) + ']' : name;
}

bool run::working(const task& t) const {
  return t.state == task_state::in_progress && !is_group(t) && !is_loop(t)
         && spec(t).kind == step_kind::work;
}

bool run::is_item(const task& t) const {
  if (t.parent == 0)
    return false;
  const auto& group = tasks_[t.parent - 1];
  return group.source == t.source && group.step == t.step;
}

bool run::is_group(const task& t) const {
  return !spec(t).foreach.empty() && !is_item(t);
}

bool run::is_loop(const task& t) const {
  return !spec(t).repeat_until.empty() && !is_item(t);
}

task_row run::row_of(const task& t) const {
  task_row row;
  row.key = row_.key.with(t.number);
  row.fresh = t.fresh;
  row.workspace = row_.workspace; // Where its payloads are kept, each time.
  // Written once; each time for whoever is told what was committed.
  row.name = name_of(t);
  if (spec(t).need)
    row.type = spec(t).need->type;
  if (t.fresh) {
    row.priority = t.priority;
    row.step = t.step;
    row.parent = t.parent;
    row.item = t.item;
    // Of the queue's own runs alone: a row with labels is one of its tasks.
    if (spec(t).hold && row_.name == queue_run_name)
      row.labels = spec(t).labels;
    // What an agent added stands in no definition that is stored: the first
    // of the group keeps the whole list.
    if (t.source != 0 && t.number == first_of_[t.source])
      row.spec = sources_[t.source]->source;
  }
  row.state = t.state;
  row.attempt = t.attempt;
  row.retries = t.retries;
  row.unclean = t.unclean;
  row.fallback = t.fallback;
  row.agent = t.agent.str();
  row.score = t.score;
  row.input = t.input;
  row.output = t.output;
  if (t.error)
    row.error = *t.error;
  row.queued_at = t.queued_at;
  row.started_at = t.started_at;
  row.ended_at = t.ended_at;
  row.due_at = t.due_at;
  row.due = t.due;
  row.deadline = t.deadline;
  row.stopping = t.stopping;
  return row;
}

void run::touch(task& t) {
  if (t.dirty)
    return;
  t.dirty = true;
  dirty_.push_back(t.number);
}

void run::count(task_state from, task_state to) {
  --row_.counts[static_cast<size_t>(from)];
  ++row_.counts[static_cast<size_t>(to)];
  run_dirty_ = true;
}

/// The one place that changes a task's state. An illegal transition changes
/// nothing; it would be a bug here, since events that come late are filtered
/// before.
bool run::apply(task& t, task_event event, instant) {
  auto to = next(t.state, event);
  assert(to && "an illegal transition");
  if (!to)
    return false;
  if (terminal(t.state) && !terminal(*to))
    ++live_;
  if (!terminal(t.state) && terminal(*to))
    --live_;
  count(t.state, *to);
  t.state = *to;
  touch(t);
  return true;
}

void run::arm(task& t, due_kind kind, instant due) {
  t.due = kind;
  t.due_at = due;
  touch(t);
  // While paused the clocks stand: resume arms what is due then.
  if (row_.state != run_state::paused)
    out_.timers.push_back({t.number, kind, due});
}

void run::disarm(task& t) {
  if (t.due == due_kind::none)
    return;
  t.due = due_kind::none;
  t.due_at = no_instant;
  touch(t);
  out_.timers.push_back({t.number, due_kind::none, no_instant});
}

void run::note(fact_kind kind, const task* t, instant now, std::string detail) {
  fact x;
  x.at = now;
  x.kind = kind;
  x.subject = t != nullptr ? row_.key.with(t->number) : row_.key;
  x.detail = std::move(detail);
  facts_.push_back(std::move(x));
}

void run::note_command(std::string_view what, const origin& by, instant now,
                       std::string_view detail, std::string_view name) {
  command_words words{std::string{what}, std::string{name}, by,
                      std::string{detail}};
  note(fact_kind::command, nullptr, now, to_text(words));
}

void run::set_run_state(run_state to, instant now) {
  if (row_.state == to)
    return;
  row_.state = to;
  run_dirty_ = true;
  if (to == run_state::running && row_.started_at == no_instant)
    row_.started_at = now;
  note(fact_kind::run_state, nullptr, now, std::string{to_string(to)});
}

/// Queued, wherever it comes from.
void run::to_queued(task& t, instant now) {
  if (t.state == task_state::awaiting_approval)
    apply(t, task_event::approve, now);
  else if (t.state != task_state::queued)
    apply(t, task_event::ready, now);
  if (t.queued_at == no_instant)
    t.queued_at = now;
  if (const auto& s = spec(t); s.deadline && t.deadline == no_instant)
    t.deadline = now + *s.deadline;
}

void run::withdraw(task& t) {
  if (!t.offered)
    return;
  t.offered = false;
  --active_;
  out_.withdrawn.push_back(t.number);
}

} // namespace troupe::core
