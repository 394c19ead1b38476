#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/host.hpp"

// An agent that changes while the node runs, and one that leaves: what they
// have ends as it began.

namespace troupe {

namespace {

bool is_open(const host_memory& memory, const token& key) {
  auto pos = memory.attempts.find(key);
  return pos != memory.attempts.end()
         && pos->second.now != hosted::phase::ended;
}

/// Somebody works on something with that spec.
bool works_with(const host_memory& memory, uint64_t spec) {
  return std::any_of(
    memory.attempts.begin(), memory.attempts.end(), [spec](const auto& x) {
      return x.second.spec == spec && x.second.now == hosted::phase::runs;
    });
}

/// A thread has one task; what is no thread may have any of its time.
bool is_done(const host_memory& memory, const old_slot& x) {
  return x.what.busy.task ? !is_open(memory, x.what.busy)
                          : !works_with(memory, x.spec);
}

void end_instance(host_ptr self, const slot& x) {
  if (x.instance)
    self->send_exit(x.instance, caf::exit_reason::user_shutdown);
}

} // namespace

void retire_slots(host_ptr self) {
  auto& st = self->state;
  auto& memory = *st.memory;
  for (auto& x : memory.slots) {
    // A thread that ignored its cancellation: the new ones come beside it.
    if (x.busy.task && !is_open(memory, x.busy))
      --memory.lost_slots;
    if (x.instance)
      memory.old_slots.push_back({std::move(x), memory.spec});
  }
  memory.slots.clear();
  memory.calling = std::make_shared<present_call>(); // One for each instance.
  memory.spec = st.spec.number;
  memory.leaving = memory.last_came = false;
  drop_old_slots(self);
}

void drop_old_slots(host_ptr self) {
  auto& memory = *self->state.memory;
  std::erase_if(memory.old_slots, [&](const old_slot& x) {
    auto done = is_done(memory, x);
    if (done)
      end_instance(self, x.what);
    return done;
  });
}

void old_slot_crashed(host_ptr self, const caf::actor_addr& who) {
  auto& memory = *self->state.memory;
  auto pos =
    std::find_if(memory.old_slots.begin(), memory.old_slots.end(),
                 [&](const old_slot& x) { return x.what.instance == who; });
  if (pos == memory.old_slots.end())
    return;
  auto gone = std::move(*pos);
  memory.old_slots.erase(pos);
  std::vector<hosted*> again;
  for (auto& [key, x] : memory.attempts)
    if (x.now == hosted::phase::runs && !x.line->begun()
        && (gone.what.busy.task ? gone.what.busy == key : x.spec == gone.spec))
      again.push_back(&x);
  std::sort(again.begin(), again.end(), [](const hosted* a, const hosted* b) {
    return a->what->key < b->what->key;
  });
  call_agent(self, again);
}

void renew(host_ptr self, const agent_spec& to) {
  auto& st = self->state;
  if (to.number <= st.spec.number)
    return; // Said twice.
  st.spec = to;
  st.crashes = std::make_unique<core::restart_window>(st.spec.limit);
  retire_slots(self);
  fill_slots(self);
  st.health = st.memory->drained ? core::agent_health::draining
                                 : core::agent_health::healthy;
  say_hello(self, true);
  set_health(self, st.health);
}

void leave(host_ptr self) {
  auto& st = self->state;
  if (st.memory->leaving)
    return;
  st.memory->leaving = true;
  set_health(self, core::agent_health::draining);
}

void hear_bye(host_ptr self) {
  auto& memory = *self->state.memory;
  memory.last_came = memory.leaving;
  if (memory.leaving)
    return leave_when_done(self);
  // It stays after all, and the coordinator has just forgotten it.
  say_hello(self, false);
}

void leave_when_done(host_ptr self) {
  auto& st = self->state;
  auto& memory = *st.memory;
  if (!memory.leaving || !memory.last_came || !memory.attempts.empty())
    return;
  for (const auto& x : memory.slots)
    end_instance(self, x);
  memory.slots.clear();
  drop_old_slots(self);
  auto crew = st.home->crew;
  if (auto to = crew.handle())
    self->send(to, bye_atom_v, st.spec.who.name);
}

} // namespace troupe
