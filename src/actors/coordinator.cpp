#include "actors/coordinator.hpp"
#include "actors/crash_point.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

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

void append(std::string& to, const char* format, double value) {
  char buffer[48];
  to.append(buffer, static_cast<size_t>(
                      std::snprintf(buffer, sizeof buffer, format, value)));
}

core::text to_json(const core::decision& x) {
  std::string json;
  json.reserve(160);
  append(json, R"({"total":%.4g)", x.why.total);
  append(json, R"(,"capability":%.4g)", x.why.capability);
  append(json, R"(,"load":%.4g)", x.why.load);
  append(json, R"(,"performance":%.4g)", x.why.performance);
  append(json, R"(,"specialisation":%.4g)", x.why.specialisation);
  json += R"(,"runners_up":[)";
  for (const auto& other : x.runners_up) {
    if (other.agent.empty())
      break;
    if (json.back() != '[')
      json += ',';
    json += R"({"agent":")";
    json += other.agent.view();
    append(json, R"(","total":%.4g})", other.total);
  }
  json += "]}";
  return core::text{std::move(json)};
}

/// The digits that are shown: decisions that follow each other often have the
/// same, and share the words then.
told_score digits_of(const core::decision& x) {
  constexpr double shown = 1e4;
  auto digits = [](double value) {
    return static_cast<int32_t>(std::lround(value * shown));
  };
  told_score y;
  y.digits = {digits(x.why.total), digits(x.why.capability), digits(x.why.load),
              digits(x.why.performance), digits(x.why.specialisation)};
  for (size_t i = 0; i < x.runners_up.size(); ++i) {
    y.digits[5 + i] = digits(x.runners_up[i].total);
    y.others[i] = x.runners_up[i].agent;
  }
  return y;
}

core::text why_this_agent(coordinator_state& st, const core::decision& x) {
  auto now = digits_of(x);
  if (now.digits != st.told.digits || now.others != st.told.others
      || st.told.words.empty()) {
    now.words = to_json(x);
    st.told = std::move(now);
  }
  return st.told.words;
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
  std::map<std::string, assignment_list> hosts;
  std::map<uint32_t, assigned_list> shards;
};

void assign(coordinator_ptr self, const core::decision& x, turn& out) {
  auto& st = self->state;
  auto pos = st.queued.find(x.task);
  auto what = std::move(pos->second);
  st.queued.erase(pos);
  auto agent = x.agent.str();
  auto& host = st.hosts.at(agent);
  assigned done;
  done.key = what->key;
  done.agent = agent;
  done.score = why_this_agent(st, x);
  done.waits = waits_for_go(*what, host.outside);
  out.shards[st.home->shard_of(x.task)].items.push_back(std::move(done));
  auto& list = out.hosts[agent];
  list.generation = host.generation;
  list.items.push_back(std::move(what));
}

void decide(coordinator_ptr self) {
  auto& st = self->state;
  turn out;
  auto now = st.home->now();
  auto decisions = st.choose->decide(now, decisions_per_turn);
  for (const auto& x : decisions)
    assign(self, x, out);
  // The shards first: whatever comes of it, they know who has the task.
  for (auto& [shard, list] : out.shards)
    if (auto to = st.shards[shard].handle())
      self->send(to, std::move(list));
  crash_point("coordinator.between");
  for (auto& [agent, list] : out.hosts)
    if (auto to = st.hosts.at(agent).host.handle())
      self->send(to, std::move(list));
  // A host that is down takes nothing: its next life says what it holds, and
  // the shards offer the rest again.
  if (decisions.size() == decisions_per_turn)
    decide_soon(self);
  else if (auto wake = st.choose->wake_at())
    tick_at(self, *wake);
}

/// What the shards have in progress and the hosts hold: both, or it is over.
void restore(coordinator_ptr self) {
  auto& st = self->state;
  if (!st.unheard.empty())
    return;
  for (const auto& [what, agent] : st.reported)
    if (auto host = st.hosts.find(agent);
        host != st.hosts.end() && host->second.held.erase(what->key) > 0)
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
  std::vector<core::id> tasks;
  for (const auto& key : x.running)
    tasks.push_back(key.task);
  auto& host = st.hosts[name];
  if (std::exchange(host.generation, x.generation) == x.generation)
    return; // Said twice: on its own, and because we asked.
  host.outside = x.outside;
  host.host = st.home->host(name);
  host.held.clear();
  for (const auto& key : x.running)
    if (st.choose->agent_of(key.task).view() != name)
      host.held.insert(key);
  auto load = static_cast<uint32_t>(tasks.size());
  st.choose->agent_anew(x.who, tasks, load);
  st.choose->agent_state(name, x.health);
  for (const auto& [type, value] : st.performance[name])
    st.choose->performance(name, type, value);
  heard(self, name);
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
  auto host = st.hosts.find(x.agent);
  if (host == st.hosts.end() || host->second.generation != x.generation)
    return;
  std::vector<core::id> tasks;
  tasks.reserve(x.items.size());
  for (const auto& key : x.items)
    tasks.push_back(key.task);
  auto known = st.choose->freed(tasks);
  size_t held = 0;
  for (const auto& key : x.items)
    held += host->second.held.erase(key);
  st.choose->agent_ended(x.agent, static_cast<uint32_t>(held));
  // We have lost count: the host has the last word.
  if (x.corrects || known + held < tasks.size())
    st.choose->agent_load(x.agent, x.load);
  if (mutated(core::mutant::lost_wake_up))
    return;
  decide_soon(self);
}

void forget_shard(coordinator_ptr self, uint32_t shard) {
  auto& st = self->state;
  std::vector<core::id> gone;
  for (const auto& [task, what] : st.queued)
    if (st.home->shard_of(task) == shard)
      gone.push_back(task);
  std::sort(gone.begin(), gone.end());
  for (auto task : gone) {
    st.choose->withdraw(task);
    st.queued.erase(task);
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
    st.queued[task] = std::move(what);
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
  for (const auto& name : st.home->agent_names)
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
  for (const auto& x : st.choose->starved(st.home->now())) {
    std::string words;
    for (const auto& word : x.need->capabilities)
      words += (words.empty() ? "" : ", ") + word;
    if (!x.need->agent.empty())
      words = "agent `" + x.need->agent + "`";
    st.home->warn("TASK_004: " + std::to_string(x.queued)
                  + " tasks of workspace `" + x.workspace.str()
                  + "` wait since " + core::to_rfc3339(x.head_queued_at)
                  + " and no agent can do them (" + words
                  + "); add one, see `troupe agents`");
  }
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
          st.queued.erase(key.task);
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
    [self](decide_atom) {
      self->state.deciding = false;
      decide(self);
    },
    [self](caf::tick_atom) {
      self->state.next_tick = core::no_instant;
      decide_soon(self);
    },
    [self](settle_atom) { warn_of_starved(self); },
    [self](why_atom, core::id task) -> caf::result<core::explanation> {
      auto& st = self->state;
      auto why = st.choose->why(task, st.home->now());
      if (!why)
        return make_error(errc::not_found);
      return *why;
    },
    [self](stats_atom) { return demand_list{self->state.choose->demand()}; },
  };
}

} // namespace troupe
