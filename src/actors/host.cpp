#include "actors/host.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

namespace {

/// Results that no shard has taken are offered again that often,
/// and a reactive agent's call is looked at.
constexpr std::chrono::milliseconds resend_interval{500};

held_list held(const host_actor_state& st, uint32_t shard) {
  held_list list;
  list.agent = st.spec.who.name;
  list.generation = st.generation;
  for (const auto& [key, x] : st.memory->attempts) {
    if (st.home->shard_of(key.task) != shard)
      continue;
    if (x.now == hosted::phase::ended)
      list.done.push_back(*x.end);
    else
      list.running.push_back(key);
  }
  // The order of a hash table must not show.
  std::sort(list.running.begin(), list.running.end());
  std::sort(list.done.begin(), list.done.end(),
            [](const ended& a, const ended& b) { return a.key < b.key; });
  return list;
}

} // namespace

void say_hello(host_ptr self, bool announces) {
  auto& st = self->state;
  hello x;
  x.who = st.spec.who;
  x.kind = st.spec.kind;
  x.made_from = st.spec.made_from;
  x.outside = st.spec.outside;
  x.generation = st.generation;
  x.health = st.health;
  x.announces = announces;
  for (const auto& [key, attempt] : st.memory->attempts)
    if (!attempt.slot_is_free)
      x.running.push_back(key);
  std::sort(x.running.begin(), x.running.end());
  if (auto to = st.coordinator.handle())
    self->send(to, x);
  if (auto to = st.directory.handle())
    self->send(to, x);
}

namespace {

void hear_announced(host_ptr self) {
  auto& spec = self->state.spec;
  if (!spec.announced)
    return;
  auto words = spec.announced();
  if (!words)
    return;
  spec.who.capabilities = std::move(*words);
  say_hello(self, true);
}

void look_around(host_ptr self) {
  resend(self);
  look_at_call(self);
  hear_announced(self);
  drop_old_slots(self);
  leave_when_done(self);
}

void tick_when_due(host_ptr self) {
  auto& st = self->state;
  auto next = st.wheel.next_due();
  if (!next || st.ticking)
    return;
  st.ticking = true;
  // At least a millisecond: the wheel turns no faster.
  auto wait = std::clamp(*next - st.home->now(), core::duration{1000},
                         core::duration{std::chrono::milliseconds{20}});
  self->delayed_send(self, wait, caf::tick_atom_v);
}

void keep_for_later(host_ptr self, const token& key) {
  auto& st = self->state;
  auto pos = st.memory->attempts.find(key);
  if (pos == st.memory->attempts.end())
    return;
  auto due = pos->second.line->planned();
  if (due == core::no_instant)
    return;
  auto serial = ++st.last_serial;
  st.waiting[serial] = key;
  st.wheel.arm(serial, 0, due);
  tick_when_due(self);
}

/// A new life: what ended meanwhile, and who holds what.
void take_over(host_ptr self) {
  auto& st = self->state;
  if (st.memory->spec != st.spec.number)
    retire_slots(self); // It was changed while no host lived.
  if (st.memory->drained || st.memory->leaving)
    st.health = core::agent_health::draining;
  std::vector<token> open;
  for (const auto& [key, x] : st.memory->attempts)
    if (x.now != hosted::phase::ended)
      open.push_back(key);
  std::sort(open.begin(), open.end());
  take_done(self, token_list{open}); // Those whose line has an end.
  for (const auto& key : open)
    keep_for_later(self, key);
  for (const auto& slot : st.memory->slots)
    if (slot.instance)
      self->monitor(slot.instance);
  for (const auto& x : st.memory->old_slots)
    self->monitor(x.what.instance);
  if (st.generation > 1)
    for (uint32_t shard = 0; shard < st.shards.size(); ++shard)
      if (auto to = st.shards[shard].handle()) {
        auto list = held(st, shard);
        list.anew = true;
        self->send(to, std::move(list));
      }
  fill_slots(self);
  say_hello(self, false);
}

} // namespace

void set_health(host_ptr self, core::agent_health to) {
  auto& st = self->state;
  if (st.memory->drained || st.memory->leaving)
    to = core::agent_health::draining;
  st.health = to;
  if (to == core::agent_health::healthy)
    fill_slots(self);
  if (auto coordinator = st.coordinator.handle())
    self->send(coordinator, health_atom_v, st.spec.who.name, to);
  if (auto directory = st.directory.handle())
    self->send(directory, health_atom_v, st.spec.who.name, to);
}

namespace {

void hear_health(host_ptr self, core::agent_health to) {
  // What somebody else says stands, whatever timer of a crash fires meanwhile.
  if (self->current_sender() != self->ctrl())
    self->state.memory->drained = to == core::agent_health::draining;
  set_health(self, to);
}

void cancel(host_ptr self, const token& key, bool force) {
  auto& st = self->state;
  auto pos = st.memory->attempts.find(key);
  if (pos == st.memory->attempts.end()
      || pos->second.now == hosted::phase::ended)
    return;
  auto& x = pos->second;
  if (x.now == hosted::phase::waits_for_go) {
    x.line->end(core::end_kind::cancelled, "cancelled before it began");
    return;
  }
  auto reacts = x.line->cancel(force);
  if (!force || reacts)
    return;
  if (!x.line->end(core::end_kind::stuck, "the agent ignores cancellation"))
    return; // It has just answered.
  // It is code of this process and does not listen. Its token is dead; if it
  // has a thread, that is lost until it ends by itself.
  for (auto& slot : st.memory->slots)
    if (slot.busy == key)
      ++st.memory->lost_slots;
  st.home->warn("agent `" + st.spec.who.name
                + "` ignores cancellation of step `" + x.what->step->name
                + "`");
}

void fire(host_ptr self) {
  auto& st = self->state;
  st.ticking = false;
  for (const auto& due : st.wheel.advance(st.home->now())) {
    auto key = st.waiting.extract(due.value).mapped();
    auto attempt = st.memory->attempts.find(key);
    if (attempt != st.memory->attempts.end())
      attempt->second.line->give_planned();
  }
  tick_when_due(self);
}

/// Their starts are durable.
void begin_work(host_ptr self, const token_list& list) {
  auto& attempts = self->state.memory->attempts;
  std::vector<hosted*> go;
  for (const auto& key : list.items)
    if (auto pos = attempts.find(key);
        pos != attempts.end()
        && pos->second.now == hosted::phase::waits_for_go) {
      // At once: a word that is said again may be in the same list.
      pos->second.now = hosted::phase::runs;
      go.push_back(&pos->second);
    }
  call_agent(self, go);
}

caf::result<caf::actor> instance_in(const host_memory& memory, uint64_t slot) {
  const auto& slots = memory.slots;
  if (slot >= slots.size() || !slots[slot].instance)
    return make_error(errc::not_found, "no instance is in that slot");
  return caf::actor_cast<caf::actor>(slots[slot].instance);
}

caf::result<live_log> log_of(const host_memory& memory, core::id task) {
  const hosted* newest = nullptr;
  for (const auto& [key, x] : memory.attempts)
    if (key.task == task
        && (newest == nullptr || newest->what->key < x.what->key))
      newest = &x;
  if (newest == nullptr)
    return make_error(errc::not_found);
  return live_log{newest->what->key.attempt, newest->line->log_so_far()};
}

tree_node describe(host_ptr self) {
  auto& st = self->state;
  tree_node node;
  node.name = st.spec.who.name;
  node.id = self->id();
  node.kind = "host";
  node.state = child_state::running;
  node.generation = st.generation;
  node.children_total = st.memory->slots.size();
  for (const auto& slot : st.memory->slots) {
    tree_node child;
    child.name =
      slot.busy.task ? core::to_string(slot.busy.task) : std::string{"idle"};
    child.id = slot.instance ? slot.instance.id() : 0;
    child.kind = "agent";
    child.state = child_state::running;
    node.children.push_back(std::move(child));
  }
  return node;
}

} // namespace

host_actor::behavior_type host(host_ptr self, house_ptr home, agent_spec spec,
                               std::shared_ptr<host_memory> memory,
                               uint64_t generation) {
  auto& st = self->state;
  st.spec = std::move(spec);
  st.memory = std::move(memory);
  st.generation = generation;
  st.shards = home->shards;
  st.coordinator = home->coordinator;
  st.directory = home->directory;
  st.crashes = std::make_unique<core::restart_window>(st.spec.limit);
  st.address = std::make_shared<host_address>(
    host_address{st.spec.who.name, home->host(st.spec.who.name), home->feed,
                 home->now, home->opts.traceparent});
  st.home = std::move(home);
  self->set_down_handler(
    [self](const caf::down_msg& down) { instance_crashed(self, down); });
  take_over(self);
  self->delayed_send(self, resend_interval, ack_atom_v);
  return {
    [self](assignment_list& list) { take_assignments(self, list); },
    [self](go_atom, const token_list& list) { begin_work(self, list); },
    [self](cancel_atom, const token& key, bool force) {
      cancel(self, key, force);
    },
    [self](expire_atom, const token& key) {
      auto& attempts = self->state.memory->attempts;
      if (auto pos = attempts.find(key); pos != attempts.end())
        pos->second.timed_out = true;
      cancel(self, key, false);
    },
    [self](ack_atom, const token_list& list) { forget_recorded(self, list); },
    [self](ack_atom) {
      self->delayed_send(self, resend_interval, ack_atom_v);
      look_around(self);
    },
    [self](held_atom, uint32_t shard) {
      if (auto to = self->state.shards[shard].handle())
        self->send(to, held(self->state, shard));
    },
    [self](done_atom, const token_list& list) { take_done(self, list); },
    [self](const later& x) { keep_for_later(self, x.key); },
    [self](anew_atom) { say_hello(self, false); },
    [self](health_atom, core::agent_health to) { hear_health(self, to); },
    [self](renew_atom, const agent_spec_ptr& to) { renew(self, *to); },
    [self](leave_atom) { leave(self); },
    [self](bye_atom) { hear_bye(self); },
    [self](caf::tick_atom) { fire(self); },
    [self](tree_atom, const tree_query&) { return describe(self); },
    [self](find_atom, uint64_t slot) {
      return instance_in(*self->state.memory, slot);
    },
    [self](log_atom, core::id task) {
      return log_of(*self->state.memory, task);
    },
    [self](stats_atom) {
      auto& st = self->state;
      return host_stats{st.spec.who, st.spec.kind, st.health,
                        load_of(*st.memory), st.memory->lost_slots};
    },
  };
}

} // namespace troupe
