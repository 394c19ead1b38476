#include <chrono>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/monitors.hpp"

namespace troupe {

namespace {

using self_ptr = clock_actor::stateful_pointer<clock_state>;

constexpr std::chrono::seconds tick_interval{1};
/// A difference that somebody should know of.
constexpr core::duration jump{std::chrono::seconds{1}};

void tick(self_ptr self) {
  auto& st = self->state;
  self->delayed_send(self, tick_interval, caf::tick_atom_v);
  auto ahead = st.ease();
  auto jumped = ahead > jump || ahead < -jump;
  if (jumped && !st.told)
    st.home->warn("the system's clock is "
                  + core::to_text(ahead < core::duration{} ? -ahead : ahead)
                  + (ahead < core::duration{} ? " behind" : " ahead of")
                  + " the node's time, which follows by 5 ms a second; check "
                    "the machine's time service, or restart the node");
  st.told = jumped;
}

} // namespace

clock_actor::behavior_type clock_keeper(self_ptr self, house_ptr home,
                                        easing ease) {
  self->state.home = std::move(home);
  self->state.ease = std::move(ease);
  self->delayed_send(self, tick_interval, caf::tick_atom_v);
  return {[self](caf::tick_atom) { tick(self); }};
}

} // namespace troupe
