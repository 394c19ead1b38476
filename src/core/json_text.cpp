#include "core/json_text.hpp"

#include <algorithm>

namespace troupe::core {

namespace {

failure invalid(std::string message) {
  return {errc::invalid, category::validation, std::move(message)};
}

} // namespace

uint32_t json_depth(std::string_view json) {
  uint32_t depth = 0, deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    auto c = json[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

result<nlohmann::json> parse_json(std::string_view json,
                                  std::string_view what) {
  if (json_depth(json) > json_depth_max)
    return invalid(std::string{what} + " nests deeper than "
                   + std::to_string(json_depth_max)
                   + " levels (json_depth_max); make it flatter");
  try {
    return nlohmann::json::parse(json);
  } catch (const nlohmann::json::exception& e) {
    return invalid(std::string{what} + " is no JSON: " + e.what());
  }
}

std::string to_compact(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace troupe::core
