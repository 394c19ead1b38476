#pragma once

#include "core/result.hpp"
#include "gateway/options.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// All that is configured, as it is now; without issuers no rules. Keys that
/// are fetched are not there yet.
core::result<gateway::login_rules_ptr> login_rules_of(const auth_config& from);

} // namespace troupe::runtime
