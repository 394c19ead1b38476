#pragma once

#include "actors/host.hpp"
#include "core/result.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// Whether it works in processes, which need a spawner.
bool needs_spawner(const agent_config& x);

/// What this machine lacks for the agents of a valid config: commands and
/// directories that are not there.
std::vector<config_problem> what_is_missing(const loaded_config& all);

/// What agents of such a config are made from. REQUIRES: they are on demand.
standby_spec_ptr standby_of(const agent_config& x, services::spawner* through);

/// The agent as a host runs it. `through` must outlive it; it may be null where
/// the agent needs no spawner. Fails where its library cannot be used (any
/// more).
core::result<agent_spec> spec_of(const agent_config& x,
                                 services::spawner* through);

} // namespace troupe::runtime
