#pragma once

#include <type_traits>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/spawn_options.hpp>

#include "troupe/supervisor.hpp"

namespace troupe {

/// Spawns an actor that is in its place before it begins. Others must find it
/// when it speaks to them, and it them: of two that begin at the same time, the
/// later one sees the other.
template <caf::spawn_options Options = caf::no_spawn_options, class Behavior,
          class Self, class... Args>
caf::actor spawn_in_place(child_context& ctx, Behavior (*fun)(Self, Args...),
                          std::type_identity_t<Args>... args) {
  return caf::actor_cast<caf::actor>(ctx.system.spawn<Options>(
    [fun, publish = ctx.publish, args...](Self self) -> Behavior {
      publish(caf::actor_cast<caf::actor>(self));
      return fun(self, args...);
    }));
}

} // namespace troupe
