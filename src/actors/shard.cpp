#include "actors/shard.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/run_tree.hpp"

namespace troupe {

namespace {

/// Runs that get something, each once: the messages to them are as few as the
/// runs.
using per_run = std::map<core::id, deliveries>;

void deliver(shard_ptr self, per_run& all) {
  for (auto& [run, what] : all)
    if (auto pos = self->state.runs.find(run); pos != self->state.runs.end())
      self->send(pos->second.actor, std::move(what));
}

void take_assigned(shard_ptr self, assigned_list& list) {
  auto& st = self->state;
  per_run all;
  for (auto& x : list.items) {
    auto run = x.key.task.run();
    left_window(self, x.key);
    auto waits = st.loads.find(run);
    // Given away while the shard or the run was down: its host has it.
    if (st.before)
      st.before->held[run].push_back({x.key, x.agent});
    else if (waits != st.loads.end())
      waits->second.held.push_back({x.key, x.agent});
    else if (st.runs.count(run) > 0)
      all[run].starts.push_back(std::move(x));
    else if (auto host = st.home->host(x.agent).handle())
      self->send(host, cancel_atom_v, x.key, true);
  }
  deliver(self, all);
  activate(self);
}

void take_ended(shard_ptr self, ended_list& list) {
  auto& st = self->state;
  per_run all;
  for (auto& x : list.items) {
    auto run = x.key.task.run();
    auto waits = st.loads.find(run);
    if (st.before)
      st.before->done.push_back(std::move(x));
    else if (waits != st.loads.end())
      waits->second.done.push_back(std::move(x));
    else if (st.runs.count(run) == 0) {
      st.then.recorded[x.agent].push_back(x.key); // Too late for anybody.
      settle_soon(self);
    } else
      all[run].ends.push_back(std::move(x));
  }
  deliver(self, all);
}

void take_committed(shard_ptr self, const committed& x) {
  auto& st = self->state;
  if (!st.flying || st.flying->first_seq != x.first_seq)
    return; // Of an earlier life.
  if (x.what != core::commit::done)
    return self->quit(make_error(
      x.what == core::commit::fenced ? errc::fenced : errc::store_failed,
      x.why.message));
  st.next_seq = st.flying->first_seq + st.flying->count;
  auto then = std::move(st.flying->then);
  st.flying.reset();
  release(self, then);
  if (self->state.awaited)
    settle_soon(self);
}

load_sample sample(const shard_actor_state& st) {
  load_sample x;
  x.queued = st.live->live();
  x.backlog = st.live->parked_tasks();
  x.runs = st.runs.size();
  return x;
}

} // namespace

/// A coordinator begins anew: each run says what it has.
void report(shard_ptr self) {
  auto& st = self->state;
  if (st.before) // It is told the rest when we are open.
    return coordinator_has_forgotten(self);
  for (const auto& [key, run] : st.runs) {
    ++st.unheard[key];
    self->send(run.actor, anew_atom_v);
  }
  for (const auto& [key, wait] : st.loads)
    st.unheard[key] = 1; // It reports without being asked.
  if (st.unheard.empty())
    say_that_is_all(self);
}

/// A run has said what it has, to so many questions.
void run_heard(shard_ptr self, core::id run, uint32_t answers) {
  auto& st = self->state;
  auto pos = st.unheard.find(run);
  if (pos == st.unheard.end())
    return;
  pos->second -= std::min(pos->second, answers);
  if (pos->second == 0)
    run_gone(self, run);
}

/// A run that has nothing more to say.
void run_gone(shard_ptr self, core::id run) {
  auto& st = self->state;
  if (st.unheard.erase(run) > 0 && st.unheard.empty())
    say_that_is_all(self);
}

void say_that_is_all(shard_ptr self) {
  auto& st = self->state;
  if (auto to = st.coordinator.handle())
    self->send(to, running_list{st.index, true, {}});
}

core::lane_key lane_of(const work& x) {
  return core::lane_of(x.workspace.view(), *x.step->need, x.priority);
}

shard_actor_state::~shard_actor_state() {
  for (const auto& [key, run] : runs)
    caf::anon_send_exit(run.actor, caf::exit_reason::user_shutdown);
  if (home) {
    *home->pending_bytes -= counted_bytes;
    *home->queued -= counted_queue;
  }
}

shard_actor::behavior_type shard(shard_ptr self, house_ptr home, uint32_t index,
                                 uint64_t generation) {
  auto& st = self->state;
  st.index = index;
  st.journal = home->journal;
  st.coordinator = home->coordinator;
  st.clock = home->clock;
  st.desk = home->desk;
  st.readers = home->readers;
  st.live.emplace(home->opts.window);
  st.first_life = generation == 1;
  st.home = std::move(home);
  self->set_down_handler(
    [self](const caf::down_msg& down) { run_crashed(self, down); });
  open_shard(self);
  return {
    [self](command& x) { obey(self, x); },
    [self](assigned_list& x) { take_assigned(self, x); },
    [self](anew_atom) { report(self); },
    [self](ended_list& x) { take_ended(self, x); },
    [self](held_list& x) { take_held(self, x); },
    [self](const committed& x) { take_committed(self, x); },
    [self](intake_atom, bool open) { self->state.intake = open; },
    [self](changes& x) { take_changes(self, x); },
    [self](loaded_run& x) { loaded(self, x); },
    [self](loaded_runs& x) { take_rows(self, x); },
    [self](again_atom) { ask_again_now(self); },
    [self](found_sub_run& x) { sub_run_is_known(self, x); },
    [self](found_definition& x) { keep_definition(self, x); },
    [self](found_key& x) { key_is_known(self, x); },
    [self](settle_atom) {
      self->state.settling = false;
      settle(self);
    },
    [self](settle_atom, later_atom) {
      self->state.settling_later = false;
      if (!self->state.gather.empty())
        settle_soon(self);
    },
    [self](caf::tick_atom) {
      self->state.next_tick = core::no_instant;
      if (self->state.before)
        look_for_hosts(self);
      else
        fire_timers(self);
    },
    [self](ack_atom) { coordinator_has_forgotten(self); },
    [self](tree_atom, const tree_query& ask) {
      return describe(self, self->state, ask);
    },
    [self](find_atom, core::id what) -> caf::result<caf::actor> {
      auto pos = self->state.runs.find(what.run());
      if (pos == self->state.runs.end())
        return make_error(errc::not_found);
      if (what.number() != 0)
        return self->delegate(pos->second.actor, find_atom_v, what);
      return caf::actor_cast<caf::actor>(pos->second.actor);
    },
    [self](load_atom) { return sample(self->state); },
    [self](why_atom, core::id what) -> caf::result<std::string> {
      auto pos = self->state.runs.find(what.run());
      if (pos == self->state.runs.end())
        return std::string{};
      return self->delegate(pos->second.actor, why_atom_v, what);
    },
  };
}

} // namespace troupe
