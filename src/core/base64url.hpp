#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::core {

/// RFC 4648, section 5, without padding.
std::string to_base64url(std::string_view bytes);

/// Strict: each text is the only one of its bytes, so nothing is padded, cut or
/// left over.
std::optional<std::string> from_base64url(std::string_view text);

} // namespace troupe::core
