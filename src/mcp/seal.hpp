#pragma once

#include <optional>
#include <string>
#include <string_view>

// What a client keeps for us between two requests comes back as it was, or not
// at all.

namespace troupe::mcp {

/// `text` with a proof that we wrote it for `purpose`.
std::string seal(std::string_view secret, std::string_view purpose,
                 std::string_view text);

/// The text; nothing where the seal is broken or was for something else.
std::optional<std::string> unseal(std::string_view secret,
                                  std::string_view purpose,
                                  std::string_view sealed);

/// The bytes of base64 text; nothing where it is none.
std::optional<std::string> from_base64(std::string_view text);

} // namespace troupe::mcp
