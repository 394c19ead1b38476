#include "actors/desk.hpp"
#include "actors/crash_point.hpp"

#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

namespace {

using self_ptr = desk_actor::stateful_pointer<desk_state>;

/// How soon a command is given again to a shard that was restarted.
constexpr std::chrono::milliseconds look_interval{50};

void pass_on(self_ptr self, desk_state::open_command& x) {
  auto& st = self->state;
  auto& shard = st.shards[st.home->shard_of(x.what.target)];
  auto life = shard.generation();
  auto to = shard.handle();
  if (!to || life == x.life)
    return; // It restarts, or has it already.
  // It may or may not have done what an earlier life was told, or what another
  // desk gave to it.
  x.what.resent = x.what.resent || x.life != 0;
  x.life = life;
  self->send(to, x.what);
}

void look_again_soon(self_ptr self) {
  if (std::exchange(self->state.looking, true))
    return;
  self->delayed_send(self, look_interval, caf::tick_atom_v);
}

} // namespace

desk_actor::behavior_type desk(self_ptr self, house_ptr home) {
  auto& st = self->state;
  // Never one that an earlier desk has used: shards may answer that still.
  st.last_number = uint64_t{self->id()} << 32;
  st.shards = home->shards;
  st.home = std::move(home);
  return {
    [self](command& what, answer_callback& then) {
      auto& st = self->state;
      what.number = ++st.last_number;
      auto& x = st.open[what.number];
      x.what = std::move(what);
      x.then = std::move(then);
      pass_on(self, x);
      look_again_soon(self);
    },
    [self](answer& x) {
      auto& st = self->state;
      auto pos = st.open.find(x.number);
      if (pos == st.open.end())
        return; // Answered before.
      auto then = std::move(pos->second.then);
      st.open.erase(pos);
      crash_point("desk.before_answer");
      then(std::move(x));
      crash_point("desk.after_answer");
    },
    [self](caf::tick_atom) {
      self->state.looking = false;
      for (auto& [number, x] : self->state.open)
        pass_on(self, x);
      if (!self->state.open.empty())
        look_again_soon(self);
    },
  };
}

} // namespace troupe
