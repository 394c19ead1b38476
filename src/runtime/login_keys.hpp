#pragma once

#include <string>

#include "core/result.hpp"
#include "gateway/options.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// The text behind a reference: "file:PATH", "env:NAME" or "credential:NAME".
/// What `take_out_of_environment` took is still known. The error names the
/// reference, never the text.
core::result<std::string> text_of_key(const std::string& reference);

/// All that is configured, as it is now; without issuers no rules. Keys that
/// are fetched are not there yet.
core::result<gateway::login_rules_ptr> login_rules_of(const auth_config& from);

/// So that no process that the node starts has them: every agent would. Before
/// there are other threads.
void take_out_of_environment(const auth_config& keys_of);

} // namespace troupe::runtime
