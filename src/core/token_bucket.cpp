#include "core/token_bucket.hpp"

#include <algorithm>

namespace troupe::core {

namespace {

/// A year: slower rates and longer bursts are cut, so that no sum overflows.
constexpr double span_ns_max = 365.0 * 24 * 3600 * 1e9;

int64_t to_ns(double ns) {
  return static_cast<int64_t>(std::clamp(ns, 1.0, span_ns_max));
}

} // namespace

void token_bucket::set(double per_second, uint32_t burst) {
  interval_ns_ = to_ns(1e9 / per_second);
  auto more = static_cast<double>(std::max(burst, 1u) - 1);
  tolerance_ns_ =
    burst <= 1 ? 0 : to_ns(static_cast<double>(interval_ns_) * more);
}

instant token_bucket::next(instant now) const {
  auto at = full_at_ns_ - tolerance_ns_;
  if (at <= ns(now))
    return now;
  return from_us((at + 999) / 1000); // Up: never early.
}

void token_bucket::take(instant now) {
  full_at_ns_ = std::max(full_at_ns_, ns(now)) + interval_ns_;
}

uint32_t token_bucket::available(instant now) const {
  auto room = ns(now) + tolerance_ns_ - std::max(full_at_ns_, ns(now));
  if (room < 0)
    return 0;
  return static_cast<uint32_t>(room / interval_ns_ + 1);
}

} // namespace troupe::core
