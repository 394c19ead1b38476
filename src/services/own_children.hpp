#pragma once

#include <sys/types.h>

#include <vector>

namespace troupe::services {

/// The processes whose parent is the caller, the dead ones it has not waited
/// for included. Some may be missing while others come and go: ask again until
/// waitpid answers ECHILD. REQUIRES: the caller has one thread.
std::vector<pid_t> own_children();

} // namespace troupe::services
