#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/result.hpp"
#include "core/time.hpp"

namespace troupe::core {

/// Looks at one place of a history: the time of the first fact that is kept
/// from this number on. Nothing: the history ends before it.
using time_at = std::function<result<std::optional<instant>>(uint64_t seq)>;

/// A number before which everything is older than `limit`: where to begin to
/// read. Looks at about twice as many places as the length has binary digits.
/// REQUIRES: times do not fall as numbers rise.
result<uint64_t> first_since(const time_at& at, instant limit);

} // namespace troupe::core
