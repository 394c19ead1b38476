#pragma once

#include <vector>

#include "services/descriptor.hpp"
#include "services/spawn_spec.hpp"

namespace troupe::services {

/// Why a forked child did not become its program. Small enough that a write to
/// a pipe is whole.
struct setup_failure {
  int error = 0;      // errno
  char step[12] = {}; // e.g. "chdir"
};

/// Turns the calling process, just forked from one with one thread, into the
/// program: own session, `stdio` as 0, 1, 2, nothing else open, default
/// signals, limits, directory, environment, and death with `parent`. On a
/// failure writes a `setup_failure` to `complaints` and exits.
[[noreturn]] void become_program(const spawn_spec& spec,
                                 const std::vector<descriptor>& stdio,
                                 int complaints, pid_t parent);

} // namespace troupe::services
