#pragma once

#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/result.hpp"

namespace troupe::core {

/// How deep JSON may nest. The library's writer recurses, so deeper text could
/// end the process.
inline constexpr uint32_t json_depth_max = 128;

/// How deep the brackets of a text nest; right for valid JSON.
uint32_t json_depth(std::string_view json);

/// Reads JSON of at most `json_depth_max` levels. `what` names it in the error,
/// e.g. "the output of step `build`".
result<nlohmann::json> parse_json(std::string_view json, std::string_view what);

/// Compact, sorted by key; bytes that are no UTF-8 become U+FFFD.
std::string to_compact(const nlohmann::json& value);

} // namespace troupe::core
