#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::core {

/// Durations and instants are microseconds; instants are UTC and never go back
/// (the runtime's clock sees to that). `instant{}` means "none".
using duration = std::chrono::microseconds;
using instant = std::chrono::sys_time<duration>;

inline constexpr instant no_instant{};

inline int64_t to_us(instant t) {
  return t.time_since_epoch().count();
}
inline instant from_us(int64_t us) {
  return instant{duration{us}};
}

/// RFC 3339 in UTC with milliseconds; empty for `no_instant`.
std::string to_rfc3339(instant t);
std::optional<instant> from_rfc3339(std::string_view text);

/// Reads "250ms", "1.5s", "2m", "1h30m", "3d", "1w" and ISO 8601 ("PT5M").
/// Nothing negative, nothing over ten years.
std::optional<duration> parse_duration(std::string_view text);

/// The shortest of the forms above, e.g. "1h30m".
std::string to_text(duration d);

} // namespace troupe::core
