#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

// Secrets stand in no configuration, only where they are: "env:NAME" of the
// node's environment, "file:PATH", "credential:NAME" of the service manager.

namespace troupe::runtime {

bool is_secret_reference(std::string_view text);

/// Without the line break at the end of a file. Never empty.
core::result<std::string> read_secret(const std::string& reference);

} // namespace troupe::runtime
