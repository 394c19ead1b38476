#pragma once

#include <functional>
#include <string>

#include "actors/host.hpp"
#include "core/result.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

class http_agents;

/// What agents are made with; it lives longer than they. Null: there are none
/// that need it.
struct agent_means {
  services::spawner* spawner = nullptr;
  http_agents* http = nullptr;
  /// W3C trace context of an attempt; empty where it has none.
  std::function<std::string(const task&)> traceparent;
};

/// Whether it works in processes, which need a spawner.
bool needs_spawner(const agent_config& x);

/// What this machine lacks for the agents of a valid config: commands and
/// directories that are not there.
std::vector<config_problem> what_is_missing(const loaded_config& all);

/// What agents of such a config are made from. REQUIRES: they are on demand.
standby_spec_ptr standby_of(const agent_config& x, const agent_means& with);

/// The agent as a host runs it. Fails where its library or its secret cannot be
/// used (any more).
core::result<agent_spec> spec_of(const agent_config& x,
                                 const agent_means& with);

} // namespace troupe::runtime
