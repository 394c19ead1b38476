#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp/outlet.hpp"
#include "mcp/surroundings.hpp"
#include "mcp/wire.hpp"

// What stands around a message: which era it is of, and whether HTTP's headers
// say the same as it does.

namespace troupe::mcp {

/// A header in lower case; nothing where it is absent.
std::optional<std::string> header(const incoming& of, std::string_view name);

era era_of(const incoming& what, const nlohmann::json& message);

/// Why a modern request is refused before anything is done with it.
std::optional<reply> refuse_head(const incoming& what,
                                 const nlohmann::json& message);

/// Why the arguments of a tool do not fit the headers which repeat them: those
/// that its schema marks with `x-mcp-header`.
std::optional<reply> refuse_params(const incoming& what,
                                   const nlohmann::json& message,
                                   const nlohmann::json& input_schema);

} // namespace troupe::mcp
