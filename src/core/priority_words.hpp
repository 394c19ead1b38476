#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace troupe::core {

/// A priority as people say it, wherever one is taken.
inline constexpr std::array<std::pair<std::string_view, uint8_t>, 5>
  priority_words{
    {{"low", 3}, {"normal", 5}, {"high", 8}, {"urgent", 10}, {"critical", 10}}};

inline std::optional<uint8_t> priority_from(std::string_view word) {
  for (const auto& [name, priority] : priority_words)
    if (name == word)
      return priority;
  return std::nullopt;
}

} // namespace troupe::core
