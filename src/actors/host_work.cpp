#include <algorithm>
#include <map>
#include <optional>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/crash_point.hpp"
#include "actors/host.hpp"
#include "core/mutant.hpp"

// From the assignment to the end of the attempt.

namespace troupe {

namespace {

/// What is done but not recorded is done again if the node dies: at most as
/// much as the agent has slots.
bool keeps_slot(const host_actor_state& st, const ended& x) {
  return x.how == core::end_kind::answered && !st.spec.who.pure;
}

/// What an end says of the agent; none: nothing. That somebody else wanted it
/// to stop is not its fault, that its time was up is.
std::optional<bool> went_well(const hosted& x, const ended& end) {
  auto answered = end.how == core::end_kind::answered;
  if (end.how == core::end_kind::returned
      || (answered && end.what.what == verdict::snooze))
    return std::nullopt;
  if (x.timed_out)
    return false;
  auto well = answered && end.what.what == verdict::done;
  return well || !x.line->cancelled() ? std::optional{well} : std::nullopt;
}

void free_slot(host_memory& memory, hosted& x) {
  x.slot_is_free = true;
  ++memory.without_slot;
}

void tell_freed(host_ptr self, std::vector<token> which, bool corrects) {
  auto& st = self->state;
  if (auto to = st.coordinator.handle())
    self->send(to, freed{st.spec.who.name, st.generation, load_of(*st.memory),
                         corrects, std::move(which)});
}

/// Ends go to their shards, and the coordinator hears of free slots.
void report(host_ptr self, std::vector<ended>& ends) {
  auto& st = self->state;
  std::map<uint32_t, ended_list> by_shard;
  std::vector<token> free;
  auto corrects = false;
  performed_list performed;
  performed.agent = st.spec.who.name;
  for (auto& x : ends) {
    by_shard[st.home->shard_of(x.key.task)].items.push_back(x);
    auto& attempt = st.memory->attempts.at(x.key);
    if (!keeps_slot(st, x)) {
      free_slot(*st.memory, attempt);
      free.push_back(x.key);
      corrects |= x.how == core::end_kind::returned;
    }
    if (auto well = went_well(attempt, x))
      performed.items.push_back({attempt.what->step->need->type, *well,
                                 st.home->now() - attempt.since});
  }
  for (auto& [shard, list] : by_shard)
    if (auto to = st.shards[shard].handle())
      self->send(to, std::move(list));
  if (!free.empty())
    tell_freed(self, std::move(free), corrects);
  if (auto to = st.directory.handle(); to && !performed.items.empty())
    self->send(to, std::move(performed));
}

instance_actor spawn_instance(host_ptr self) {
  auto& st = self->state;
  auto blocking = std::holds_alternative<agent_factory>(st.spec.make);
  // Monitored, not linked: it goes on while this host restarts.
  if (blocking && st.home->threads)
    return self->spawn<caf::monitored + caf::detached>(
      instance, st.address, st.spec, st.home->warn, st.memory->calling);
  return self->spawn<caf::monitored>(instance, st.address, st.spec,
                                     st.home->warn, st.memory->calling);
}

/// A thread that ignored its cancellation has come back: its slot is free.
void regain_slot(host_ptr self, const token& key) {
  auto& st = self->state;
  auto& memory = *st.memory;
  auto slot = std::find_if(memory.slots.begin(), memory.slots.end(),
                           [&key](const auto& x) { return x.busy == key; });
  if (slot == memory.slots.end())
    return;
  slot->busy = {};
  --memory.lost_slots;
  tell_freed(self, {}, true);
}

} // namespace

void fill_slots(host_ptr self) {
  auto& st = self->state;
  auto blocking = std::holds_alternative<agent_factory>(st.spec.make);
  if (st.memory->leaving && st.memory->last_came)
    return;
  auto wanted = blocking ? st.spec.who.max_load : 1;
  st.memory->slots.resize(std::max<size_t>(st.memory->slots.size(), wanted));
  for (auto& slot : st.memory->slots)
    if (!slot.instance)
      slot.instance = spawn_instance(self);
}

void take_assignments(host_ptr self, assignment_list& list) {
  auto& st = self->state;
  std::vector<hosted*> calls;
  auto load = load_of(*st.memory);
  std::vector<token> twice;
  for (auto& what : list.items) {
    auto [pos, is_new] = st.memory->attempts.try_emplace(what->key);
    if (!is_new) {
      // Sent twice. The coordinator that did may not know that it has ended.
      if (pos->second.slot_is_free)
        twice.push_back(what->key);
      continue;
    }
    auto& x = pos->second;
    x.line = std::make_shared<attempt_line>(st.address, what->key);
    x.what = std::move(what);
    auto refused = list.generation != st.generation
                   || st.health != core::agent_health::healthy
                   || load >= st.spec.who.max_load;
    if (refused) {
      // The host has the last word: the task goes back uncounted.
      x.now = hosted::phase::runs;
      x.line->end(core::end_kind::returned, "the host is full or restarted");
      continue;
    }
    ++load;
    if (!waits_for_go(*x.what, st.spec.outside)
        || mutated(core::mutant::careless_start))
      calls.push_back(&x);
  }
  call_agent(self, calls);
  if (!twice.empty())
    tell_freed(self, std::move(twice), false);
}

void call_agent(host_ptr self, std::vector<hosted*>& list) {
  auto& st = self->state;
  crash_point("host.before_call");
  auto now = st.home->now();
  auto blocking = std::holds_alternative<agent_factory>(st.spec.make);
  call_list all;
  for (auto* x : list) {
    x->now = hosted::phase::runs;
    x->since = now;
    x->spec = st.spec.number;
    if (!blocking) {
      all.items.push_back({x->what, x->line});
      if (mutated(core::mutant::double_dispatch))
        all.items.push_back({x->what, x->line});
      continue;
    }
    auto free = std::find_if(st.memory->slots.begin(), st.memory->slots.end(),
                             [](const slot& s) { return !s.busy.task; });
    if (free == st.memory->slots.end()) {
      x->line->end(core::end_kind::returned, "no thread is free");
      continue;
    }
    free->busy = x->what->key;
    self->send(free->instance, call_list{{{x->what, x->line}}});
  }
  if (!all.items.empty())
    self->send(st.memory->slots.front().instance, std::move(all));
}

void take_done(host_ptr self, const token_list& list) {
  auto& st = self->state;
  std::vector<ended> ends;
  for (const auto& key : list.items) {
    auto pos = st.memory->attempts.find(key);
    if (pos == st.memory->attempts.end()
        || pos->second.now == hosted::phase::ended) {
      regain_slot(self, key);
      continue;
    }
    auto& x = pos->second;
    auto end = x.line->take_end();
    if (!end)
      continue;
    x.now = hosted::phase::ended;
    st.memory->unrecorded.insert(key);
    ends.push_back(*end);
    x.end = std::move(end);
    for (auto& slot : st.memory->slots)
      if (slot.busy == key && x.end->how != core::end_kind::stuck)
        slot.busy = {};
  }
  drop_old_slots(self);
  crash_point("host.after_end");
  if (!ends.empty())
    report(self, ends);
}

void forget_recorded(host_ptr self, const token_list& list) {
  auto& st = self->state;
  auto& memory = *st.memory;
  std::vector<token> free;
  for (const auto& key : list.items) {
    auto pos = memory.attempts.find(key);
    if (pos == memory.attempts.end())
      continue;
    if (pos->second.slot_is_free)
      --memory.without_slot;
    else
      free.push_back(key);
    memory.attempts.erase(pos);
    memory.unrecorded.erase(key);
  }
  if (!free.empty())
    tell_freed(self, std::move(free), false);
  leave_when_done(self);
}

void resend(host_ptr self) {
  auto& st = self->state;
  std::map<uint32_t, ended_list> by_shard;
  auto old = st.home->now() - std::chrono::seconds{1};
  for (const auto& key : st.memory->unrecorded)
    if (const auto& x = st.memory->attempts.at(key); x.since < old)
      by_shard[st.home->shard_of(key.task)].items.push_back(*x.end);
  for (auto& [shard, list] : by_shard) {
    if (auto to = st.shards[shard].handle())
      self->send(to, std::move(list));
  }
}

void look_at_call(host_ptr self) {
  auto& st = self->state;
  if (auto call = st.memory->calling->too_long(st.home->now()))
    st.home->warn("reactive agent `" + st.spec.who.name
                  + "` has held a worker for " + core::to_text(call->time)
                  + " on step `" + call->what->step->name
                  + "` and still does; if it never returns, restart the node; "
                    "make it an `agent`, which may block");
}

void instance_crashed(host_ptr self, const caf::down_msg& down) {
  auto& st = self->state;
  auto& slots = st.memory->slots;
  auto pos = std::find_if(slots.begin(), slots.end(), [&](const slot& s) {
    return s.instance == down.source;
  });
  if (pos == slots.end()) {
    old_slot_crashed(self, down.source);
    return;
  }
  // What has begun ends by itself, or goes on elsewhere. What was still in the
  // instance's mailbox is for the next one.
  auto reactive = std::holds_alternative<reactive_factory>(st.spec.make);
  std::vector<hosted*> again;
  for (auto& [key, x] : st.memory->attempts)
    if (x.now == hosted::phase::runs && (reactive || pos->busy == key)
        && !x.line->begun())
      again.push_back(&x);
  std::sort(again.begin(), again.end(), [](const hosted* a, const hosted* b) {
    return a->what->key < b->what->key;
  });
  auto busy = st.memory->attempts.find(pos->busy);
  if (pos->busy.task
      && (busy == st.memory->attempts.end()
          || busy->second.now == hosted::phase::ended))
    --st.memory->lost_slots; // Its thread ignored a cancel, and is gone.
  pos->busy = {};
  pos->instance = instance_actor{};
  if (st.crashes->allow(st.home->now())) {
    pos->instance = spawn_instance(self);
    return call_agent(self, again);
  }
  for (auto* x : again)
    x->line->end(core::end_kind::returned, "its agent is disabled");
  if (st.health == core::agent_health::disabled)
    return; // It is said, and when it ends is planned.
  st.home->warn("agent `" + st.spec.who.name
                + "` crashes too often and is disabled for a while");
  self->send(self, health_atom_v, core::agent_health::disabled);
  self->delayed_send(self, st.spec.disabled_for, health_atom_v,
                     core::agent_health::healthy);
}

} // namespace troupe
