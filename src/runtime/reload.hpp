#pragma once

#include <string>
#include <vector>

#include "runtime/config.hpp"

namespace troupe::runtime {

/// What another configuration means for a running node.
struct config_change {
  std::vector<agent_config> put;     // Those below that are always there.
  std::vector<std::string> leave;    // That were always there, and are no more.
  std::vector<std::string> outdated; // Were on demand, and are gone or other.
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  /// Settings that hold after the next start only: "node.threads".
  std::vector<std::string> needs_restart;
};

/// REQUIRES: both are valid.
config_change compare(const loaded_config& was, const loaded_config& now);

} // namespace troupe::runtime
