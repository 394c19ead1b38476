#pragma once

#include <atomic>
#include <chrono>

#include "core/time.hpp"

namespace troupe::runtime {

/// UTC that never goes back: steady between readings, carried over a restart by
/// the newest stamp in the store, eased towards the system's clock.
/// Thread-safe.
class utc_clock {
public:
  using steady = std::chrono::steady_clock;

  /// Begins at the system's time, or at `not_before` if that is later.
  explicit utc_clock(core::instant not_before = core::no_instant);

  core::instant now() const;

  /// The store is open now: time goes on from its newest stamp at least.
  void not_before(core::instant stamp);

  /// Eases towards the system's clock; called about once a second. Returns how
  /// far the system's clock is ahead, which is worth a word if over a second.
  core::duration ease();

private:
  /// What the clock may gain or lose at one `ease`: 5 ms in a second.
  static constexpr core::duration step_max = std::chrono::milliseconds{5};

  std::atomic<int64_t> offset_us_; // UTC minus steady.
  mutable std::atomic<int64_t> last_us_{0};
};

} // namespace troupe::runtime
