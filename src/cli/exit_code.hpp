#pragma once

#include "troupe/errc.hpp"

namespace troupe::cli {

/// What the program ends with; stable, documented in docs/cli.md.
enum exit_code : int {
  exit_ok = 0,
  exit_failure = 1,
  exit_usage = 2,
  exit_not_found = 3,
  exit_denied = 4,
  exit_conflict = 5,
  exit_run_failed = 6,
  exit_waits_for_approval = 7,
  exit_no_node = 8,
  exit_timeout = 124,
  exit_interrupted = 130,
};

int exit_code_of(const failure& why);

} // namespace troupe::cli
