#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include "actors/crash_point.hpp"
#include "actors/shard.hpp"
#include "core/mutant.hpp"

// Gather, write, and only then let things leave.

namespace troupe {

namespace {

std::vector<core::lane_count> lanes_of(const std::vector<work_ptr>& offers) {
  std::map<core::lane_key, uint32_t> counts;
  const work* last = nullptr;
  uint32_t* slot = nullptr; // Of the lane of `last`: a lane's key is a string.
  for (const auto& x : offers) {
    if (last == nullptr || x->step->need != last->step->need
        || x->priority != last->priority)
      slot = &counts[lane_of(*x)];
    last = x.get();
    ++*slot;
  }
  std::vector<core::lane_count> lanes;
  for (auto& [lane, count] : counts)
    lanes.push_back({lane, count});
  return lanes;
}

void set_timer(shard_ptr self, live_run& run, const core::timer_change& x) {
  auto& st = self->state;
  if (auto pos = run.timers.find(x.number); pos != run.timers.end()) {
    st.wheel.cancel(pos->second);
    run.timers.erase(pos);
  }
  if (x.due == core::no_instant)
    return;
  if (auto handle = st.wheel.arm(run.serial, x.number, x.due))
    run.timers[x.number] = handle;
}

/// Sees to it that a tick comes when the next timer is due.
void plan_tick(shard_ptr self) {
  auto& st = self->state;
  auto due = st.wheel.next_due();
  if (!due || (st.next_tick != core::no_instant && st.next_tick <= *due))
    return;
  st.next_tick = *due;
  auto wait = std::max(core::duration{0}, *due - st.home->now());
  // The wheel turns in milliseconds: be late by less than one, never early.
  self->delayed_send(self, wait + core::duration{1000}, caf::tick_atom_v);
}

void take_withdrawn(shard_ptr self, core::id run,
                    const std::vector<work_ptr>& list) {
  auto& st = self->state;
  token_list tokens;
  for (const auto& x : list) {
    if (st.runs.at(run).offered.count(x->key.task.number()) > 0) {
      left_window(self, x->key);
      tokens.items.push_back(x->key);
      continue;
    }
    // Its offer waits for a commit still, and is simply taken back.
    auto take_back = [&x](held_back& from) {
      for (auto& [key, offers] : from.offers)
        std::erase(offers, x);
    };
    take_back(st.then);
    if (st.flying)
      take_back(st.flying->then);
  }
  auto to = st.coordinator.handle();
  if (to && !tokens.items.empty())
    self->send(to, withdr_atom_v, std::move(tokens));
}

/// For a coordinator that begins anew. What was given away since is not ours to
/// offer any more; what waits for a commit is offered after that; and what this
/// coordinator has heard of it must not hear of twice: it may have ended.
void offer_again(shard_ptr self, live_run& run, const changes& x) {
  auto& st = self->state;
  auto to = st.coordinator.handle();
  if (!to)
    return run_heard(self, x.run, x.reports); // The next one asks again.
  ready_list ready{st.index, {}};
  for (const auto& what : x.again) {
    auto pos = run.offered.find(what->key.task.number());
    if (pos == run.offered.end() || pos->second.what->key != what->key
        || std::exchange(pos->second.to, to->id()) == to->id())
      continue;
    ready.items.push_back(what);
  }
  if (!ready.items.empty())
    self->send(to, std::move(ready));
  if (!x.running.empty())
    self->send(to, running_list{st.index, false, x.running});
  run_heard(self, x.run, x.reports);
}

/// With the run's first words, so that there is no key without its run.
void write_key(shard_ptr self, const core::run_row& run) {
  if (run.idempotency_key.empty())
    return;
  auto& st = self->state;
  auto own = st.unwritten_keys.find({run.workspace, run.idempotency_key});
  if (own == st.unwritten_keys.end() || own->second.run != run.key)
    return; // It is written: this run ended before its first words once.
  st.gather.add(own->second);
  st.then.keys.push_back(own->first);
}

/// A child that has not begun is not told: its parent says it again when it
/// has.
void command_child(shard_ptr self, core::id run, verb what) {
  if (self->state.runs.count(run) == 0 && self->state.loads.count(run) == 0)
    return;
  command x;
  x.what = what;
  x.target = run;
  x.by = {"run", "parent", {}, {}};
  obey(self, x);
}

/// The first commit of a run: it becomes live, or a row of the backlog.
bool stays_live(shard_ptr self, core::id key, live_run& run,
                const std::vector<work_ptr>& offers,
                const std::vector<core::lane_count>& lanes) {
  auto& st = self->state;
  if (run.announced)
    return true;
  run.announced = true;
  if (lanes.empty() || st.live->room_for(lanes) || !run.waiters.empty()
      || !run.asked.empty() || run.parent)
    return true;
  auto since = offers.front()->queued_at;
  st.live->park(key, since, lanes);
  drop_run(self, key);
  return false;
}

/// Somebody waits for the commit. Nobody does for the mere news that an agent
/// has begun: should it be lost, the task is given away again, as if it had.
bool is_awaited(const changes& x) {
  return !x.offers.empty() || !x.go.empty() || !x.recorded.empty()
         || !x.answers.empty() || !x.sub_runs.empty() || x.effects.over;
}

/// Writes with whatever is awaited next, or soon without it.
void settle_later(shard_ptr self) {
  auto& st = self->state;
  if (std::exchange(st.settling_later, true))
    return;
  if (auto to = st.clock.handle())
    self->send(to, later_atom_v, st.index);
  else
    self->send(self, settle_atom_v, later_atom_v);
}

} // namespace

void take_changes(shard_ptr self, changes& x) {
  auto& st = self->state;
  auto pos = st.runs.find(x.run);
  if (pos == st.runs.end())
    return; // Dropped meanwhile: it was ended, or parked.
  auto& run = pos->second;
  take_withdrawn(self, x.run, x.withdrawn);
  if (x.reports > 0)
    offer_again(self, run, x);
  for (const auto& timer : x.effects.timers)
    set_timer(self, run, timer);
  plan_tick(self);
  run.over = x.effects.over;
  if (run.over) {
    run.last = x.effects.run;
    st.then.over.push_back(x.run);
  }
  // Only a run that waits for agents and for nothing else can wait as rows.
  if (x.effects.run.fresh)
    run.announced = x.offers.empty() || !run.timers.empty()
                    || x.effects.run.state != core::run_state::queued;
  // What comes behind the first words is written behind them, too.
  if (!x.effects.run.fresh
      && (!x.effects.facts.empty() || !x.effects.tasks.empty()))
    run.announced = true;
  if (x.effects.run.fresh && !run.announced) {
    auto lanes = nlohmann::json::array();
    for (const auto& lane : lanes_of(x.offers))
      lanes.push_back({lane.lane, lane.count});
    x.effects.run.ready = core::text{lanes.dump()};
  }
  if (x.effects.run.fresh)
    write_key(self, x.effects.run);
  if (!x.effects.facts.empty() || !x.effects.tasks.empty()
      || x.effects.run.fresh)
    st.gather.add(x.effects);
  count_pending(self);
  auto awaited = is_awaited(x);
  if (x.offers.empty())
    st.live->arrived(x.run); // It waits for something else than agents.
  else
    st.then.offers.emplace_back(x.run, std::move(x.offers));
  for (auto& [agent, key] : x.go)
    st.then.go[agent].push_back(key);
  for (auto& [agent, key] : x.recorded)
    st.then.recorded[agent].push_back(key);
  for (auto& answered : x.answers) {
    run.asked.erase(answered.number);
    if (mutated(core::mutant::ack_before_commit))
      answer_to(self, answered);
    st.then.answers.push_back(std::move(answered));
  }
  for (auto child : x.effects.cancels)
    command_child(self, child, verb::cancel);
  for (auto child : x.effects.pauses)
    command_child(self, child, verb::pause);
  for (auto child : x.effects.resumes)
    command_child(self, child, verb::resume);
  for (auto& sub : x.sub_runs)
    start_sub_run(self, x.run, sub);
  if (awaited)
    settle_soon(self);
  else
    settle_later(self);
}

void settle_soon(shard_ptr self) {
  self->state.awaited = true;
  if (self->state.settling)
    return;
  self->state.settling = true;
  self->send(self, settle_atom_v);
}

void settle(shard_ptr self) {
  auto& st = self->state;
  if (st.before || st.flying)
    return;
  if (st.gather.empty()) {
    st.awaited = false;
    auto then = std::exchange(st.then, {});
    release(self, then);
    return;
  }
  auto to = st.journal.handle();
  if (!to)
    return; // It restarts, and so shall we.
  st.awaited = false;
  auto bytes = st.gather.bytes();
  auto batch = std::make_shared<core::batch>(
    st.gather.take(st.index, st.epoch, st.next_seq));
  st.flying = in_flight_batch{st.next_seq, batch->count, bytes,
                              std::exchange(st.then, {})};
  count_pending(self);
  self->send(to, append_atom_v, std::move(batch));
  crash_point("shard.gathered");
}

void count_pending(shard_ptr self) {
  auto& st = self->state;
  auto bytes = st.gather.bytes() + (st.flying ? st.flying->bytes : 0);
  *st.home->pending_bytes += bytes - st.counted_bytes; // Wraps as it should.
  st.counted_bytes = bytes;
  auto queue = st.live->live() + st.live->parked_tasks();
  *st.home->queued += queue - st.counted_queue;
  st.counted_queue = queue;
}

void release(shard_ptr self, held_back& what) {
  auto& st = self->state;
  crash_point("shard.before_release");
  for (const auto& name : what.keys)
    st.unwritten_keys.erase(name);
  for (const auto& name : what.definitions)
    st.unwritten_definitions.erase(name);
  for (auto& [agent, tokens] : what.recorded)
    if (auto host = st.home->host(agent).handle())
      self->send(host, ack_atom_v, token_list{std::move(tokens)});
  for (auto& [agent, tokens] : what.go)
    if (auto host = st.home->host(agent).handle())
      self->send(host, go_atom_v, token_list{std::move(tokens)});
  ready_list ready{st.index, {}};
  auto to = st.coordinator.handle();
  for (auto& [key, offers] : what.offers) {
    auto pos = st.runs.find(key);
    if (pos == st.runs.end())
      continue;
    st.live->arrived(key);
    auto lanes = lanes_of(offers);
    if (offers.empty() || !stays_live(self, key, pos->second, offers, lanes))
      continue;
    for (const auto& lane : lanes)
      st.live->enter(lane.lane, lane.count);
    for (const auto& x : offers)
      pos->second.offered[x->key.task.number()] = {x, to ? to->id() : 0};
    std::move(offers.begin(), offers.end(), std::back_inserter(ready.items));
  }
  if (to && !ready.items.empty())
    self->send(to, std::move(ready));
  count_pending(self); // Before the answers: who is answered finds it so.
  crash_point("shard.before_answers");
  for (auto& x : what.answers)
    answer_to(self, std::move(x));
  for (auto key : what.over)
    if (auto pos = st.runs.find(key);
        pos != st.runs.end() && pos->second.over && pos->second.asked.empty())
      drop_run(self, key);
  for (auto key : what.reload)
    if (auto pos = st.loads.find(key); pos != st.loads.end()) {
      pos->second.written = true;
      read_if_ready(self, key);
    }
  activate(self);
}

/// A ready task is ready no more, whoever says so first.
void left_window(shard_ptr self, const token& key) {
  auto& st = self->state;
  auto run = st.runs.find(key.task.run());
  if (run == st.runs.end())
    return;
  auto pos = run->second.offered.find(key.task.number());
  if (pos == run->second.offered.end() || pos->second.what->key != key)
    return;
  st.live->leave(lane_of(*pos->second.what), 1);
  run->second.offered.erase(pos);
}

void drop_run(shard_ptr self, core::id key) {
  auto& st = self->state;
  auto pos = st.runs.find(key);
  auto run = std::move(pos->second);
  st.runs.erase(pos);
  st.by_serial.erase(run.serial);
  for (const auto& [number, handle] : run.timers)
    st.wheel.cancel(handle);
  run_gone(self, key);
  st.live->arrived(key);
  self->send_exit(run.actor, caf::exit_reason::user_shutdown);
  if (!run.over)
    return; // Parked.
  for (auto number : run.waiters) {
    answer x;
    x.number = number;
    x.run = key;
    x.state = run.last.state;
    x.body = run.last.output;
    answer_to(self, std::move(x));
  }
  if (!run.parent)
    return;
  if (auto parent = st.runs.find(run.parent); parent != st.runs.end())
    self->send(parent->second.actor,
               sub_run_end{run.parent_task, key, run.last.state,
                           run.last.output, run.last.error});
}

void fire_timers(shard_ptr self) {
  auto& st = self->state;
  std::map<core::id, deliveries> all;
  for (const auto& x : st.wheel.advance(st.home->now())) {
    auto key = st.by_serial.find(x.value);
    if (key == st.by_serial.end())
      continue;
    auto& run = st.runs.at(key->second);
    run.timers.erase(x.number);
    all[key->second].timers.push_back({x.number, {}, x.due});
  }
  for (auto& [key, what] : all)
    self->send(st.runs.at(key).actor, std::move(what));
  plan_tick(self);
}

} // namespace troupe
