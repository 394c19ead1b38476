#pragma once

#include <string>
#include <string_view>

namespace troupe::core {

/// HMAC with SHA-256: 32 bytes. Empty, which proves nothing, where the library
/// has no memory for it.
std::string hmac_sha256(std::string_view secret, std::string_view text);

} // namespace troupe::core
