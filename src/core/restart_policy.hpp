#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "troupe/restart.hpp"

// What a supervisor decides, without the supervisor: time and randomness are
// arguments, so every schedule can be replayed in a test.
namespace troupe::core {

/// The restarts of the last while.
class restart_window {
public:
  explicit restart_window(restart_intensity limit) : limit_(limit) {}

  /// A failure at `now`: true if a restart is allowed, and then it counts.
  bool allow(instant now);

  /// As if nothing had happened; for a restart that a person asked for.
  void clear() { restarts_.clear(); }

  const restart_intensity& limit() const { return limit_; }

private:
  restart_intensity limit_;
  std::deque<instant> restarts_; // Ascending, at most `limit_.max`.
};

/// How long the next restart waits.
class backoff_schedule {
public:
  explicit backoff_schedule(restart_backoff how) : how_(how) {}

  /// The delay after a failure at `now` of a life that ran since
  /// `running_since` (none: it never ran). `random` is in [0, 1).
  duration next(instant now, std::optional<instant> running_since,
                double random);

  /// The next restart is immediate again.
  void clear() { failures_ = 0; }

private:
  restart_backoff how_;
  uint32_t failures_ = 0; // In a row.
};

/// The delay of the nth restart in a row (from 1), before jitter.
duration nominal_backoff(const restart_backoff& how, uint32_t nth);

/// Whether a child comes back after its end.
bool comes_back(restart_when when, bool ended_normally);

/// Whether the failure of one child takes another one with it. The numbers are
/// in the order of the starts.
bool takes_along(restart_strategy how, uint64_t failed, uint64_t other);

/// Which of `others` (ascending) go down with `failed`, in the order in which
/// they are stopped: the last started first.
std::vector<uint64_t> stop_order(restart_strategy how, uint64_t failed,
                                 const std::vector<uint64_t>& others);

/// Of the children marked significant: `left` still live or will live again,
/// `ended` have just ended for good (0 or 1).
bool shuts_down(auto_shutdown how, size_t left, size_t ended);

} // namespace troupe::core
