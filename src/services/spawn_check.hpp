#pragma once

#include "services/spawn_spec.hpp"

namespace troupe::services {

/// Why this machine could not start `spec` just now, or nothing: the directory
/// is not there, or the command is not there or no program. Looks as the child
/// will: in its directory, with its PATH. Without a command: the directory.
failure missing(const spawn_spec& spec);

} // namespace troupe::services
