#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace troupe::core {

/// So many a second, and `burst` at once after a pause. Its whole state is one
/// instant: when it would be full again.
class token_bucket {
public:
  /// REQUIRES: rate > 0. A burst of 0 counts as 1. Changing them keeps what was
  /// taken.
  void set(double per_second, uint32_t burst);

  /// When there is a token: now, or later.
  instant next(instant now) const;

  /// REQUIRES: next(now) <= now.
  void take(instant now);

  /// Nothing is lost by forgetting it.
  bool full(instant now) const { return full_at_ns_ <= ns(now); }

  /// Tokens that could be taken at once.
  uint32_t available(instant now) const;

private:
  static int64_t ns(instant t) { return to_us(t) * 1000; }

  int64_t interval_ns_ = 1'000'000'000; // Between two tokens.
  int64_t tolerance_ns_ = 0;            // (burst - 1) intervals.
  int64_t full_at_ns_ = 0;
};

} // namespace troupe::core
