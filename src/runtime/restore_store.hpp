#pragma once

#include <string>

#include "troupe/errc.hpp"

namespace troupe::runtime {

/// Makes a data directory from a backup, which is checked as a whole first. The
/// directory must be new or empty: what it had would be hidden by the backup.
failure restore_store(const std::string& backup, const std::string& data);

} // namespace troupe::runtime
