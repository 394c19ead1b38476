#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/problem.hpp"

// What an operation may be given. The same for every door.

namespace troupe::runtime {

/// All that there are.
std::vector<std::string_view> operations();

/// What the operation takes; nothing where it does not exist.
std::span<const std::string_view> fields_of(std::string_view op);

/// Fields that the operation does not take, fields of another type, and fields
/// that contradict each other: all at once. An operation that does not exist
/// has no problems. REQUIRES: `params` is an object.
core::problems params_problems(std::string_view op,
                               const nlohmann::json& params);

/// 1 to 10, or one of the words for it.
std::optional<uint8_t> priority_of(const nlohmann::json& value);

} // namespace troupe::runtime
