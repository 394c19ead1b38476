#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/coordinator.hpp"

// Work that no free agent can do, where agents may be made for it.

namespace troupe {

namespace {

constexpr std::chrono::milliseconds look_interval{200};

} // namespace

void look_for_unserved_soon(coordinator_ptr self) {
  auto& st = self->state;
  if (st.looking || st.choose->queued() == 0
      || st.home->members->on_demand()->empty())
    return;
  st.looking = true;
  self->delayed_send(self, look_interval, lack_atom_v);
}

void tell_unserved(coordinator_ptr self) {
  auto& st = self->state;
  st.looking = false;
  auto crew = st.home->crew;
  unserved_list list{st.choose->unserved()};
  std::erase_if(list.items, [all = st.home->members->on_demand()](auto& need) {
    return std::none_of(all->begin(), all->end(), [&](const auto& x) {
      return core::can_do(x.who, *need);
    });
  });
  if (auto to = crew.handle(); to && !list.items.empty())
    self->send(to, std::move(list));
  look_for_unserved_soon(self);
}

void add_standby(coordinator_state& st, core::id task, core::explanation& to) {
  auto row = st.queued.find(task);
  auto nobody = to.what == core::obstacle::no_agent
                || to.what == core::obstacle::no_healthy
                || to.what == core::obstacle::all_busy;
  if (!nobody || row == core::nowhere)
    return;
  auto members_of = [&](const core::standby& x) {
    uint32_t n = 0;
    for (uint32_t i = 1; i <= x.instances_max; ++i)
      n += st.choose->number_of(core::instance_name(x.who.name, i)) ? 1 : 0;
    return n;
  };
  auto all = *st.home->members->on_demand();
  // Beside agents that are always there none is made.
  if (to.what != core::obstacle::no_agent)
    std::erase_if(all, [&](const auto& x) { return members_of(x) == 0; });
  to.text +=
    core::standby_words(*st.queued[row].what->step->need, all, members_of);
}

} // namespace troupe
