#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/workflow.hpp"

namespace troupe::core {

/// Names a step's stored output: equal for steps that ask equal agents for
/// equal things. When and how often a step is tried makes no difference.
/// `round` tells the rounds of a `repeat_until` apart; else it is 0.
std::string cache_key(const step& of, std::string_view input, uint32_t round);

} // namespace troupe::core
