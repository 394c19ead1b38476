#pragma once

namespace caf {
class actor_system_config;
}

namespace troupe::runtime {

/// Two things of CAF's scheduler, done for a house in which every task is an
/// actor: the queue of runnable actors wakes nobody who is awake already, and
/// the clock hears only of the end of actors that have had a timeout. See
/// docs/decisions/0060-scheduler.md.
void load_scheduler(caf::actor_system_config& cfg);

} // namespace troupe::runtime
