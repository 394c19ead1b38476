#pragma once

#include <string>
#include <vector>

namespace troupe::sim {

/// `troupe sim ARGS`, without the verb. Returns an exit code: 0, 1 where an
/// invariant was broken, 2 for wrong arguments.
int run_program(const std::vector<std::string>& args);

} // namespace troupe::sim
