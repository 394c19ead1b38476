#include "actors/coordinator.hpp"
#include "actors/crash_point.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "core/mutant.hpp"

namespace troupe {

namespace {

/// Decisions made in one turn, so that others get theirs.
constexpr size_t decisions_per_turn = 1024;
constexpr std::chrono::seconds look_for_starved{5};

core::ready to_ready(const work& what) {
  core::ready x;
  x.task = what.key.task;
  x.attempt = what.key.attempt;
  x.need = what.step->need;
  x.workspace = what.workspace;
  x.priority = what.priority;
  x.queued_at = what.queued_at;
  x.concurrency_key = what.concurrency_key;
  x.careful = what.careful;
  return x;
}

work_ptr take_row(coordinator_state& st, uint32_t row) {
  auto what = std::move(st.queued[row].what);
  st.queued.forget(row);
  st.queued.free(row);
  return what;
}

/// REQUIRES: it is queued.
work_ptr take_queued(coordinator_state& st, core::id task) {
  return take_row(st, st.queued.find(task));
}

void keep_queued(coordinator_state& st, core::id task, work_ptr what) {
  if (auto row = st.queued.find(task); row != core::nowhere)
    st.queued[row].what = std::move(what);
  else
    st.queued.insert({task, std::move(what)});
}

std::vector<core::attempt_id> attempts_of(const std::vector<token>& keys) {
  std::vector<core::attempt_id> all;
  all.reserve(keys.size());
  for (const auto& key : keys)
    all.push_back({key.task, key.attempt});
  return all;
}

coordinator_state::known_host* host_of(coordinator_state& st,
                                       const std::string& agent) {
  auto number = st.choose->number_of(agent);
  return number ? &st.hosts[*number] : nullptr;
}

void decide_soon(coordinator_ptr self) {
  auto& st = self->state;
  if (st.deciding || !st.silent.empty() || !st.unheard.empty())
    return;
  st.deciding = true;
  self->send(self, decide_atom_v);
}

void tick_at(coordinator_ptr self, core::instant due) {
  auto& st = self->state;
  if (st.next_tick != core::no_instant && st.next_tick <= due)
    return;
  st.next_tick = due;
  auto wait = std::max(core::duration{1000}, due - st.home->now());
  self->delayed_send(self, wait, caf::tick_atom_v);
}

/// What one turn sends: a message for each host and each shard, not each task.
struct turn {
  std::vector<uint32_t> hosts; // Who got something, in that order.
  std::vector<assigned_list> shards;
};

/// The rows of what was decided. Each decision would wait for memory in three
/// places; asked for in time, those of many come together.
std::vector<uint32_t> fetch(coordinator_state& st,
                            const std::vector<core::decision>& all) {
  for (const auto& x : all)
    st.queued.fetch(x.task);
  for (const auto& x : all)
    __builtin_prefetch(&st.hosts[x.number].next, 1);
  std::vector<uint32_t> rows;
  rows.reserve(all.size());
  for (const auto& x : all) {
    rows.push_back(st.queued.find(x.task));
    __builtin_prefetch(&st.queued[rows.back()]);
  }
  return rows;
}

void assign(coordinator_ptr self, const core::decision& x, uint32_t row,
            turn& out) {
  auto& st = self->state;
  auto what = take_row(st, row);
  auto& host = st.hosts[x.number];
  assigned done;
  done.key = what->key;
  done.agent = host.name;
  done.score = st.told.of(x);
  done.waits = waits_for_go(*what, host.outside);
  out.shards[st.home->shard_of(x.task)].items.push_back(std::move(done));
  if (host.next.items.empty())
    out.hosts.push_back(x.number);
  host.next.items.push_back(std::move(what));
}

void decide(coordinator_ptr self) {
  auto& st = self->state;
  turn out;
  out.shards.resize(st.shards.size());
  auto now = st.home->now();
  auto decisions = st.choose->decide(now, decisions_per_turn);
  auto rows = fetch(st, decisions);
  for (size_t i = 0; i < decisions.size(); ++i)
    assign(self, decisions[i], rows[i], out);
  // The shards first: whatever comes of it, they know who has the task.
  for (size_t i = 0; i < out.shards.size(); ++i)
    if (auto to = st.shards[i].handle(); to && !out.shards[i].items.empty())
      self->send(to, std::move(out.shards[i]));
  crash_point("coordinator.between");
  for (auto number : out.hosts) {
    auto& host = st.hosts[number];
    auto list = std::exchange(host.next, {});
    list.generation = host.generation;
    if (auto to = host.host.handle())
      self->send(to, std::move(list));
  }
  // A host that is down takes nothing: its next life says what it holds, and
  // the shards offer the rest again.
  if (decisions.size() == decisions_per_turn)
    decide_soon(self);
  else if (auto wake = st.choose->wake_at())
    tick_at(self, *wake);
  look_for_unserved_soon(self);
}

/// What the shards have in progress and the hosts hold: both, or it is over.
void restore(coordinator_ptr self) {
  auto& st = self->state;
  if (!st.unheard.empty())
    return;
  for (const auto& [what, agent] : st.reported)
    if (auto host = host_of(st, agent);
        host != nullptr && host->held.erase(what->key) > 0)
      st.choose->restore_assigned(to_ready(*what), agent);
  st.reported.clear();
}

void heard(coordinator_ptr self, const std::string& agent) {
  if (self->state.unheard.erase(agent) > 0)
    restore(self);
  decide_soon(self);
}

/// Who does not say hello is down, and what it held is given up by its shards.
void look_for_hosts(coordinator_ptr self) {
  auto& st = self->state;
  if (!st.hosts_wait.runs_out() && !st.unheard.empty())
    return self->delayed_send(self, patience::look_interval, again_atom_v);
  st.unheard.clear();
  restore(self);
  decide_soon(self);
}

void take_hello(coordinator_ptr self, const hello& x) {
  auto& st = self->state;
  const auto& name = x.who.name;
  auto running = attempts_of(x.running);
  if (auto known = host_of(st, name);
      known != nullptr && known->generation == x.generation) {
    if (x.announces) {
      known->outside = x.outside;
      st.choose->agent_up(x.who, static_cast<uint32_t>(running.size()));
      decide_soon(self);
    }
    return; // Said twice: on its own, and because we asked.
  }
  coordinator_state::known_host host;
  host.name = name;
  host.generation = x.generation;
  host.outside = x.outside;
  host.host = st.home->host(name);
  for (const auto& key : x.running)
    if (st.choose->agent_of({key.task, key.attempt}).view() != name)
      host.held.insert(key);
  auto load = static_cast<uint32_t>(running.size());
  st.choose->agent_anew(x.who, running, load);
  auto number = *st.choose->number_of(name);
  st.hosts.resize(std::max<size_t>(st.hosts.size(), number + 1));
  st.hosts[number] = std::move(host);
  st.choose->agent_state(name, x.health);
  for (const auto& [type, value] : st.performance[name])
    st.choose->performance(name, type, value);
  heard(self, name);
}

/// One that leaves, and takes nothing any more, is forgotten when it has
/// nothing. It hears of that behind all that was ever sent to it.
void let_go(coordinator_ptr self, const std::string& name) {
  auto& st = self->state;
  if (!st.silent.empty() || !st.unheard.empty())
    return; // We do not know yet what it has; the crew asks again.
  if (auto known = host_of(st, name)) {
    if (st.choose->tasks_of(name) > 0 || !known->held.empty())
      return;
    st.choose->agent_down(name);
    *known = {};
  }
  auto host = st.home->host(name);
  if (auto to = host.handle())
    self->send(to, bye_atom_v);
}

void take_running(coordinator_ptr self, running_list& list) {
  auto& st = self->state;
  std::move(list.items.begin(), list.items.end(),
            std::back_inserter(st.reported));
  restore(self);
  if (list.all)
    st.silent.erase(list.shard);
  decide_soon(self);
}

void take_freed(coordinator_ptr self, const freed& x) {
  auto& st = self->state;
  auto host = host_of(st, x.agent);
  if (host == nullptr || host->generation != x.generation)
    return;
  auto known = st.choose->freed(attempts_of(x.items));
  size_t held = 0;
  for (const auto& key : x.items)
    held += host->held.erase(key);
  if (held > 0)
    st.choose->agent_ended(x.agent, static_cast<uint32_t>(held));
  // We have lost count: the host has the last word.
  if (x.corrects || known + held < x.items.size())
    st.choose->agent_load(x.agent, x.load);
  if (mutated(core::mutant::lost_wake_up))
    return;
  decide_soon(self);
}

void forget_shard(coordinator_ptr self, uint32_t shard) {
  auto& st = self->state;
  std::vector<core::id> gone;
  st.queued.each([&](const coordinator_state::waiting& x) {
    if (st.home->shard_of(x.task) == shard)
      gone.push_back(x.task);
  });
  for (auto task : gone) {
    st.choose->withdraw(task);
    take_queued(st, task);
  }
  if (auto to = st.shards[shard].handle())
    self->send(to, ack_atom_v);
}

void offer(coordinator_ptr self, ready_list& list) {
  auto& st = self->state;
  std::vector<core::ready> all;
  all.reserve(list.items.size());
  for (auto& what : list.items) {
    all.push_back(to_ready(*what));
    auto task = what->key.task;
    keep_queued(st, task, std::move(what));
  }
  st.choose->offer(all);
  decide_soon(self);
}

void begin(coordinator_ptr self) {
  auto& st = self->state;
  for (const auto& [workspace, share] : st.home->opts.shares)
    st.choose->share(core::text{workspace}, share);
  for (uint32_t shard = 0; shard < st.shards.size(); ++shard) {
    st.silent.insert(shard);
    if (auto to = st.shards[shard].handle())
      self->send(to, anew_atom_v);
  }
  for (const auto& name : st.home->members->names())
    if (auto to = st.home->host(name).handle()) {
      st.unheard.insert(name);
      self->send(to, anew_atom_v);
    }
  // The figures that the last coordinator had.
  if (auto directory = st.home->directory; auto to = directory.handle())
    self->send(to, anew_atom_v);
  self->delayed_send(self, patience::look_interval, again_atom_v);
  self->delayed_send(self, look_for_starved, settle_atom_v);
}

void warn_of_starved(coordinator_ptr self) {
  auto& st = self->state;
  self->delayed_send(self, look_for_starved, settle_atom_v);
  for (const auto& x : st.choose->starved(st.home->now()))
    st.home->warn(
      "TASK_004: " + std::to_string(x.queued)
      + (x.queued == 1 ? " task" : " tasks") + " of workspace `"
      + x.workspace.str() + "` " + (x.queued == 1 ? "waits" : "wait")
      + " since " + core::to_rfc3339(x.head_queued_at)
      + " and nobody can do that: " + x.never + " See `troupe agents`.");
}

} // namespace

coordinator_actor::behavior_type coordinator(coordinator_ptr self,
                                             house_ptr home) {
  auto& st = self->state;
  st.shards = home->shards;
  st.limits = std::make_unique<core::limits>(home->opts.limits);
  st.choose =
    std::make_unique<core::allocator>(home->opts.allocation, st.limits.get());
  st.home = std::move(home);
  begin(self);
  return {
    [self](ready_list& list) { offer(self, list); },
    [self](withdr_atom, const token_list& list) {
      auto& st = self->state;
      for (const auto& key : list.items)
        if (st.choose->withdraw(key.task))
          take_queued(st, key.task);
    },
    [self](running_list& list) { take_running(self, list); },
    [self](again_atom) { look_for_hosts(self); },
    [self](anew_atom, uint32_t shard) { forget_shard(self, shard); },
    [self](const hello& x) { take_hello(self, x); },
    [self](const freed& x) { take_freed(self, x); },
    [self](health_atom, const std::string& agent, core::agent_health to) {
      self->state.choose->agent_state(agent, to);
      decide_soon(self);
    },
    [self](perf_atom, const std::string& agent, const std::string& type,
           double value) {
      self->state.performance[agent][type] = value;
      self->state.choose->performance(agent, type, value);
    },
    [self](bye_atom, const std::string& name) { let_go(self, name); },
    [self](decide_atom) {
      self->state.deciding = false;
      decide(self);
    },
    [self](caf::tick_atom) {
      self->state.next_tick = core::no_instant;
      decide_soon(self);
    },
    [self](settle_atom) { warn_of_starved(self); },
    [self](lack_atom) { tell_unserved(self); },
    [self](why_atom, core::id task) -> caf::result<core::explanation> {
      auto& st = self->state;
      auto why = st.choose->why(task, st.home->now());
      if (!why)
        return make_error(errc::not_found);
      add_standby(st, task, *why);
      return *why;
    },
    [self](stats_atom) { return demand_list{self->state.choose->demand()}; },
  };
}

} // namespace troupe
