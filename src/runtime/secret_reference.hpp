#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

// Secrets stand in no configuration, only where they are: "env:NAME" of the
// node's environment, "file:PATH", "credential:NAME" of the service manager.

namespace troupe::runtime {

struct node_config;

inline constexpr size_t secret_bytes_max = 256 * 1024; // A set of keys is one.

bool is_secret_reference(std::string_view text);

/// Without the line break at the end of a file; never empty. A variable that
/// was taken out is still known. The error names the place, never the text.
core::result<std::string> read_secret(const std::string& reference);

/// Takes all variables that are named as secrets out of the environment, and
/// TROUPE_TOKEN: every process that the node starts would have them. Before
/// there are other threads.
void take_out_of_environment(const node_config& secrets_of);

} // namespace troupe::runtime
