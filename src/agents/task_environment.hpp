#pragma once

#include <map>
#include <string>

#include "troupe/agent.hpp"

namespace troupe::agents {

/// Tells a process which task it works for. What is configured stays.
inline void add_task(std::map<std::string, std::string>& environment,
                     const task& t) {
  environment.emplace("TROUPE_TASK", t.id);
  environment.emplace("TROUPE_RUN", t.run);
  environment.emplace("TROUPE_WORKSPACE", t.workspace);
  environment.emplace("TROUPE_ATTEMPT", std::to_string(t.attempt));
}

} // namespace troupe::agents
