#include "actors/task.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

namespace {

using self_ptr = task_actor::stateful_pointer<task_actor_state>;
using core::attempt;

void act(self_ptr self, attempt::action what) {
  auto& st = self->state;
  if (what == attempt::action::none)
    return;
  auto force = what == attempt::action::force;
  // No host: it restarts, and says by itself what it still holds.
  if (auto host = st.home->host(st.live.agent()).handle()) {
    if (!force && st.live.why_stopped() == attempt::stop_reason::timed_out)
      self->send(host, expire_atom_v, st.key);
    else
      self->send(host, cancel_atom_v, st.key, force);
  }
  if (!force)
    self->delayed_send(self, st.home->opts.cancel_grace, force_atom_v);
}

} // namespace

task_actor::behavior_type task_actor_fun(self_ptr self, house_ptr home,
                                         run_actor owner, token key) {
  auto& st = self->state;
  st.home = std::move(home);
  st.owner = std::move(owner);
  st.key = key;
  return {
    [self](go_atom, std::string& agent) {
      act(self, self->state.live.started(std::move(agent)));
    },
    [self](ended& x) {
      auto& st = self->state;
      x.how = st.live.meaning(x.how);
      self->send(st.owner, std::move(x));
      self->quit();
    },
    [self](expire_atom) {
      act(self, self->state.live.stop(attempt::stop_reason::timed_out));
    },
    [self](cancel_atom) {
      act(self, self->state.live.stop(attempt::stop_reason::cancelled));
    },
    [self](force_atom) { act(self, self->state.live.grace_over()); },
  };
}

} // namespace troupe
