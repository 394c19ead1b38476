#include <caf/event_based_actor.hpp>
#include <caf/spawn_options.hpp>

#include "runtime/api_question.hpp"

// The configuration is read again, and what has changed of its agents is so
// from then on.

namespace troupe::runtime {

void node_api::reload_call(question& q) {
  if (!reload_)
    return q.then(refuse(errc::invalid_state,
                         "this node has no configuration file to read again; "
                         "start it with `troupe node --config FILE`"));
  // Files and libraries are read: not on a thread that others wait for.
  sys_.spawn<caf::detached>(
    [me = shared_from_this(), then = q.then](caf::event_based_actor*) {
      then(me->reload_());
    });
}

} // namespace troupe::runtime
