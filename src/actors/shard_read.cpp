#include <algorithm>
#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/shard.hpp"

// Readers, and what is asked of them again.

namespace troupe {

/// Soon what was not answered is asked for again.
void look_again_soon(shard_ptr self) {
  if (!std::exchange(self->state.looking, true))
    self->delayed_send(self, patience::look_interval, again_atom_v);
}

failure reader_lost() {
  return {errc::restarting, category::unknown,
          "a reader restarted meanwhile; ask again"};
}

void read(shard_ptr self, const core::id& by, read_job job) {
  auto& readers = self->state.readers;
  auto& one = readers[by.low % readers.size()];
  // Empty while it restarts: the job is lost, and says so itself.
  if (auto to = one.handle())
    self->send(to, std::move(job));
}

/// What was to be read by a reader that is gone.
void read_again(shard_ptr self) {
  for (auto& [run, wait] : self->state.loads) {
    if (wait.hosts.empty())
      continue;
    if (wait.hosts_wait.runs_out())
      wait.hosts.clear();
    else
      look_again_soon(self);
  }
  for (auto& [run, wait] : self->state.loads)
    if (!wait.reading)
      read_if_ready(self, run);
}

/// The store could not be read, which may pass: a run that waits for that is
/// not forgotten. Who asked for it is told.
void read_later(shard_ptr self, loading& wait, const loaded_run& x) {
  for (const auto& c : wait.commands) {
    answer why;
    why.number = c.number; // 0: a parent's word, which is not lost.
    why.error = x.why;
    answer_to(self, std::move(why));
  }
  std::erase_if(wait.commands, [](const auto& c) { return c.number != 0; });
  if (!std::exchange(wait.told, true))
    self->state.home->warn("run " + core::to_string(x.run)
                           + " could not be read and is tried again: "
                           + x.why.message);
  wait.reading = false;
  look_again_soon(self);
}

} // namespace troupe
