#include <chrono>
#include <cmath>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include "actors/monitors.hpp"

namespace troupe {

namespace {

using self_ptr = resources_actor::stateful_pointer<resources_state>;

constexpr std::chrono::seconds look_interval{5};

void look(self_ptr self) {
  auto& st = self->state;
  auto now = st.home->now();
  auto sample = st.sample();
  if (st.last_at != core::no_instant)
    st.cores = core::cores_used(st.last, sample, now - st.last_at);
  st.last = sample;
  st.last_at = now;
  for (const auto& text : st.watch.look(sample))
    st.home->warn(text);
}

std::string shown(const resources_state& st) {
  const auto& x = st.last;
  auto cpu = std::chrono::duration<double>(x.cpu).count();
  return nlohmann::json{{"rss_bytes", x.rss_bytes},
                        {"cpu_s", std::round(cpu * 1000) / 1000},
                        {"cores", std::round(st.cores * 100) / 100},
                        {"disk_free_bytes", x.disk_free_bytes},
                        {"disk_total_bytes", x.disk_total_bytes},
                        {"open_files", x.open_files},
                        {"open_files_max", x.open_files_max}}
    .dump();
}

} // namespace

resources_actor::behavior_type resource_monitor(self_ptr self, house_ptr home,
                                                sampler sample) {
  self->state.home = std::move(home);
  self->state.sample = std::move(sample);
  look(self);
  self->delayed_send(self, look_interval, caf::tick_atom_v);
  return {
    [self](stats_atom) { return shown(self->state); },
    [self](caf::tick_atom) {
      self->delayed_send(self, look_interval, caf::tick_atom_v);
      look(self);
    },
  };
}

} // namespace troupe
