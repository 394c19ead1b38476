#include <chrono>
#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/monitors.hpp"

namespace troupe {

namespace {

using self_ptr = clock_actor::stateful_pointer<clock_state>;

constexpr std::chrono::seconds tick_interval{1};
/// A difference that somebody should know of.
constexpr core::duration jump{std::chrono::seconds{1}};

/// How long the news that an agent has begun may wait for a commit that others
/// wait for.
constexpr std::chrono::milliseconds news_wait{10};

void wake_later(self_ptr self, uint32_t shard) {
  auto& st = self->state;
  if (st.with_news.empty())
    self->delayed_send(self, news_wait, later_atom_v);
  st.with_news.push_back(shard);
}

void wake(self_ptr self) {
  auto& st = self->state;
  for (auto shard : std::exchange(st.with_news, {}))
    if (auto to = st.shards[shard].handle())
      self->send(to, settle_atom_v, later_atom_v);
}

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
  self->state.shards = home->shards;
  self->state.home = std::move(home);
  self->state.ease = std::move(ease);
  // Who waited for an earlier life of ours waits no more.
  for (uint32_t i = 0; i < self->state.shards.size(); ++i)
    self->state.with_news.push_back(i);
  wake(self);
  self->delayed_send(self, tick_interval, caf::tick_atom_v);
  return {
    [self](later_atom, uint32_t shard) { wake_later(self, shard); },
    [self](later_atom) { wake(self); },
    [self](caf::tick_atom) { tick(self); },
  };
}

} // namespace troupe
