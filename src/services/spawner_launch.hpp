#pragma once

#include <sys/types.h>

#include <string>

#include "core/result.hpp"
#include "services/descriptor.hpp"

namespace troupe::services {

struct launched {
  pid_t pid = -1;
  descriptor socket; // To talk to it.
  descriptor death;  // A pidfd: readable once it is dead.
};

/// Makes a program the spawner of this process, which may have any number of
/// threads: it is executed, not only forked. `program` as in `spawner_options`.
core::result<launched> launch_spawner(const std::string& program);

} // namespace troupe::services
