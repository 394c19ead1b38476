#include "cli/exit_code.hpp"

namespace troupe::cli {

int exit_code_of(const failure& why) {
  if (!why)
    return exit_ok;
  // Only the way to the node is a network.
  if (why.kind == category::network)
    return exit_no_node;
  if (why.kind == category::timeout)
    return exit_timeout;
  switch (why.code) {
    case errc::invalid:
      return exit_usage;
    case errc::not_found:
      return exit_not_found;
    case errc::rejected:
      return exit_denied;
    case errc::invalid_state:
    case errc::key_reused:
    case errc::already_answered:
    case errc::store_locked:
      return exit_conflict;
    case errc::timed_out:
      return exit_timeout;
    default:
      return exit_failure;
  }
}

} // namespace troupe::cli
