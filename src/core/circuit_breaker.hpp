#pragma once

#include <cstdint>
#include <string_view>

#include "core/time.hpp"

namespace troupe::core {

struct breaker_options {
  uint32_t failures_max = 5; // In a row; then it opens. 0: it never does.
  duration open_for{std::chrono::seconds{10}}; // The first time.
  duration open_max{std::chrono::minutes{5}};  // Doubling ends here.
};

enum class breaker_state : uint8_t { closed, open, half_open };

std::string_view to_string(breaker_state x);

/// Keeps work away from somebody who fails and fails: after some failures in a
/// row nothing goes there for a while, then one call tries; if that fails, too,
/// the while doubles. Time is an argument.
class circuit_breaker {
public:
  explicit circuit_breaker(breaker_options opts = {}) : opts_(opts) {}

  /// Whether a call may go out at `now`. One that may must end in `succeeded`,
  /// `failed` or `undecided`.
  bool allow(instant now);

  void succeeded();
  void failed(instant now);
  /// The call says nothing about the other side, as when it was cancelled.
  void undecided();

  breaker_state state(instant now) const;
  /// When the next call may go out; `now` or earlier: at once.
  instant until() const { return until_; }
  uint32_t failures() const { return failures_; }

private:
  breaker_options opts_;
  uint32_t failures_ = 0; // In a row.
  uint32_t opened_ = 0;   // In a row.
  instant until_;
  bool open_ = false;
  bool trying_ = false; // The one call of a half-open one is out.
};

} // namespace troupe::core
