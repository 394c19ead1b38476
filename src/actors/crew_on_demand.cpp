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
  for (const auto& [name, x] : st.book->all())
    out.push_back({x.spec->who, x.spec->made_from,
                   x.leaving || st.starting.count(name) > 0
                     || !st.home->host(name).handle()});
  return out;
}

member_list::standbys rules_of(const std::vector<standby_spec_ptr>& all) {
  member_list::standbys out;
  for (const auto& x : all)
    out.push_back(x->rule);
  return out;
}

/// It was made, and has not been told to leave.
bool may_idle(const crew_member& x) {
  return !x.spec->made_from.empty() && !x.leaving;
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
  auto rules = rules_of(all);
  auto members = views_of(st);
  for (const auto& need : list.items) {
    auto wanted = core::make_for(*need, rules, members);
    if (!wanted)
      continue;
    auto from = std::find_if(all.begin(), all.end(), [&](const auto& x) {
      return x->rule.who.name == wanted->from;
    });
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
  st.home->members->set_on_demand(rules_of(x.on_demand));
  for (const auto& [name, known] : st.book->all())
    if (std::count(x.outdated.begin(), x.outdated.end(), known.spec->made_from)
        > 0)
      let_go(self, name);
}

void look_for_idle_soon(crew_ptr self) {
  auto& st = self->state;
  auto all = st.book->all();
  auto any = std::any_of(all.begin(), all.end(),
                         [](const auto& x) { return may_idle(x.second); });
  if (!any || st.counting)
    return;
  st.counting = true;
  self->delayed_send(self, idle_look_interval, expire_atom_v);
}

void look_for_idle(crew_ptr self) {
  auto& st = self->state;
  st.counting = false;
  for (const auto& [name, known] : st.book->all()) {
    if (!may_idle(known))
      continue;
    if (auto host = st.home->host(name).handle())
      self->request(host, host_answers_within, stats_atom_v)
        .then([self, name = name](
                const host_stats& x) { take_load(self, name, x.load); },
              [](const caf::error&) {});
  }
  look_for_idle_soon(self);
}

} // namespace troupe
