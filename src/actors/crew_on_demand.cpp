#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/crew.hpp"

// Agents that are made when their work is there, and leave when it is not.

namespace troupe {

namespace {

constexpr std::chrono::seconds idle_look_interval{1};
constexpr std::chrono::seconds host_answers_within{5};

std::vector<core::member_view> views_of(const crew_state& st) {
  std::vector<core::member_view> out;
  for (const auto& name : st.book->names())
    if (auto x = st.book->find(name))
      out.push_back({x->spec->who, x->spec->made_from,
                     x->leaving || st.starting.count(name) > 0
                       || !st.home->host(name).handle()});
  return out;
}

void take_load(crew_ptr self, const std::string& name, uint32_t load) {
  auto& st = self->state;
  auto known = st.book->find(name);
  if (!known || known->leaving || load > 0) {
    st.idle_since.erase(name);
    return;
  }
  auto now = st.home->now();
  auto since = st.idle_since.try_emplace(name, now).first->second;
  for (const auto& x : st.book->on_demand())
    if (x->rule.who.name == known->spec->made_from
        && now - since < x->rule.idle)
      return;
  st.idle_since.erase(name);
  let_go(self, name);
}

} // namespace

void make_for(crew_ptr self, const unserved_list& list) {
  auto& st = self->state;
  auto all = st.book->on_demand();
  auto rules = st.home->members->on_demand();
  auto members = views_of(st);
  for (const auto& need : list.items) {
    auto wanted = core::make_for(*need, *rules, members);
    if (!wanted)
      continue;
    auto from = std::find_if(all.begin(), all.end(), [&](const auto& x) {
      return x->rule.who.name == wanted->from;
    });
    if (from == all.end())
      continue; // Replaced this moment; it is told again.
    auto spec = (*from)->make();
    if (!spec) {
      st.home->warn("agent `" + wanted->from
                    + "` cannot be made: " + spec.error().message);
      continue;
    }
    spec->who.name = wanted->name;
    spec->made_from = wanted->from;
    members.push_back({spec->who, spec->made_from, true});
    take_in(self, *spec);
  }
  look_for_idle_soon(self);
}

void set_on_demand(crew_ptr self, const crew_change& x) {
  auto& st = self->state;
  st.book->set_on_demand(x.on_demand);
  member_list::standbys rules;
  for (const auto& y : x.on_demand)
    rules.push_back(y->rule);
  st.home->members->set_on_demand(std::move(rules));
  for (const auto& name : st.book->names())
    if (auto known = st.book->find(name);
        known
        && std::count(x.outdated.begin(), x.outdated.end(),
                      known->spec->made_from)
             > 0)
      let_go(self, name);
}

void look_for_idle_soon(crew_ptr self) {
  auto& st = self->state;
  auto any = false;
  for (const auto& name : st.book->names())
    if (auto known = st.book->find(name))
      any = any || (!known->spec->made_from.empty() && !known->leaving);
  if (!any || st.counting)
    return;
  st.counting = true;
  self->delayed_send(self, idle_look_interval, expire_atom_v);
}

void look_for_idle(crew_ptr self) {
  auto& st = self->state;
  st.counting = false;
  for (const auto& name : st.book->names()) {
    auto known = st.book->find(name);
    if (!known || known->spec->made_from.empty() || known->leaving)
      continue;
    if (auto host = st.home->host(name).handle())
      self->request(host, host_answers_within, stats_atom_v)
        .then(
          [self, name](const host_stats& x) { take_load(self, name, x.load); },
          [](const caf::error&) {});
  }
  look_for_idle_soon(self);
}

} // namespace troupe
