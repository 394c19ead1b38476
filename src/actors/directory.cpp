#include "actors/directory.hpp"

#include <algorithm>
#include <cmath>

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

namespace troupe {

namespace {

using nlohmann::json;
using self_ptr = directory_actor::stateful_pointer<directory_state>;

/// A smaller change of a figure would not change any score's second digit.
constexpr double worth_telling = 0.01;

void tell(self_ptr self, const std::string& agent, const std::string& type) {
  auto& st = self->state;
  auto value = st.history.performance(agent, type);
  auto [pos, is_new] = st.told.try_emplace({agent, type}, value);
  if (!is_new && std::abs(pos->second - value) < worth_telling)
    return;
  pos->second = value;
  if (auto to = st.coordinator.handle())
    self->send(to, perf_atom_v, agent, type, value);
}

void fold(self_ptr self, const performed_list& list) {
  auto& st = self->state;
  std::set<std::string> types;
  for (const auto& x : list.items) {
    st.history.fold({list.agent, x.type, x.well, x.took});
    types.insert(x.type);
  }
  for (const auto& type : types)
    tell(self, list.agent, type);
}

/// So many of the newest tasks say how agents did before this start.
constexpr size_t remembered_max = 3000;

std::vector<core::task_row> newest_tasks(core::store_reader& store) {
  std::vector<core::task_row> rows;
  core::page where{1000, {}};
  do {
    core::task_filter all;
    all.workspace.clear();
    auto found = store.tasks(all, where);
    if (!found)
      break; // It is a hint: the node does without.
    std::move(found->rows.begin(), found->rows.end(), std::back_inserter(rows));
    where.after = found->next;
  } while (!where.after.empty() && rows.size() < remembered_max);
  return rows;
}

struct past_attempt {
  core::instant ended_at;
  std::string agent;
  performed how;
};

/// What an expectation refuses was done well: it is the workflow's, and hosts
/// know nothing of it.
bool went_well(const failure& why) {
  return why.code == errc::none || why.code == errc::invalid_result;
}

void add_attempts(core::store_reader& store, const core::task_row& x,
                  std::vector<past_attempt>& to) {
  if (x.state == core::task_state::completed && !x.agent.empty()
      && x.started_at != core::no_instant)
    to.push_back(
      {x.ended_at, x.agent, {x.type, true, x.ended_at - x.started_at}});
  if (x.retries == 0 && x.state != core::task_state::failed)
    return; // Nothing went wrong: there is nothing to be read.
  auto found = store.attempts(x.key);
  if (!found)
    return;
  for (const auto& y : *found)
    if (y.error && !y.agent.empty())
      to.push_back({y.ended_at,
                    y.agent,
                    {x.type, went_well(y.error), y.ended_at - y.started_at}});
}

/// One list for each agent, oldest first: what is recent weighs more.
std::map<std::string, performed_list> read_past(core::store_reader& store) {
  std::vector<past_attempt> all;
  for (const auto& x : newest_tasks(store))
    add_attempts(store, x, all);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.ended_at < b.ended_at;
  });
  std::map<std::string, performed_list> past;
  for (auto& x : all) {
    auto& list = past[x.agent];
    list.agent = x.agent;
    list.items.push_back(std::move(x.how));
  }
  return past;
}

void remember(self_ptr self) {
  auto& readers = self->state.home->readers;
  if (readers.empty())
    return;
  auto one = readers.front(); // A copy: references are for one thread each.
  auto me = caf::actor_cast<directory_actor>(self);
  auto to = one.handle();
  if (!to) // At the start of the node they begin together.
    return self->delayed_send(self, std::chrono::milliseconds{10},
                              again_atom_v);
  auto job = [me, home = self->state.home](core::store_reader& store) {
    auto past = read_past(store);
    for (const auto& agent : home->members->names())
      if (auto pos = past.find(agent); pos != past.end())
        caf::anon_send(me, std::move(pos->second));
  };
  self->send(to, read_job{std::move(job)});
}

std::string_view to_string(core::agent_health x) {
  switch (x) {
    case core::agent_health::healthy:
      return "healthy";
    case core::agent_health::draining:
      return "draining";
    case core::agent_health::disabled:
      return "disabled";
  }
  return "unknown";
}

std::string_view reason_of(core::agent_health x) {
  switch (x) {
    case core::agent_health::healthy:
      break;
    case core::agent_health::draining:
      return "it ends what it has and takes nothing new, because the node "
             "stops";
    case core::agent_health::disabled:
      return "it crashed too often; it is tried again in a while, and the "
             "warnings of `troupe status` say when it began";
  }
  return "";
}

json shown(const directory_state& st, const std::string& name,
           const directory_state::entry& x) {
  const auto& who = x.who.who;
  auto types = st.history.shown(name);
  auto performance = json::object();
  uint64_t done = 0;
  uint64_t failed = 0;
  for (auto& [type, figures] : types.items()) {
    done += figures["successes"].get<uint64_t>();
    failed += figures["failures"].get<uint64_t>();
    performance[type] =
      std::round(figures["performance"].get<double>() * 1000) / 1000;
    figures["performance"] = performance[type];
  }
  json all{{"name", name},
           {"kind", x.who.kind},
           {"capabilities", who.capabilities},
           {"specialisation", who.specialisation},
           {"max_load", who.max_load},
           {"cost", who.cost},
           {"region", who.region},
           {"state", to_string(x.health)},
           {"completed", done},
           {"failed", failed},
           {"performance", performance},
           {"types", std::move(types)}};
  if (!x.who.made_from.empty())
    all["made_from"] = x.who.made_from;
  if (x.health != core::agent_health::healthy)
    all["reason"] = reason_of(x.health);
  return all;
}

std::string listing(const directory_state& st) {
  auto all = json::array();
  for (const auto& [name, x] : st.agents)
    all.push_back(shown(st, name, x));
  return json{{"agents", all}}.dump();
}

} // namespace

directory_actor::behavior_type directory(self_ptr self, house_ptr home) {
  auto& st = self->state;
  st.coordinator = home->coordinator;
  st.home = std::move(home);
  for (const auto& name : st.home->members->names())
    if (auto to = st.home->host(name).handle())
      self->send(to, anew_atom_v); // They may have said hello to a former life.
  remember(self);
  return {
    [self](hello& x) {
      auto& entry = self->state.agents[x.who.name];
      entry.health = x.health;
      entry.who = std::move(x);
    },
    [self](health_atom, const std::string& agent, core::agent_health to) {
      self->state.agents[agent].health = to;
    },
    [self](bye_atom, const std::string& agent) {
      self->state.agents.erase(agent);
    },
    [self](const performed_list& list) { fold(self, list); },
    [self](again_atom) { remember(self); },
    [self](anew_atom) {
      auto told = std::exchange(self->state.told, {});
      for (const auto& [pair, value] : told)
        tell(self, pair.first, pair.second);
    },
    [self](stats_atom) { return listing(self->state); },
    [self](perf_atom) { return self->state.history.to_json().dump(); },
  };
}

} // namespace troupe
