#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/time.hpp"
#include "core/timer_pool.hpp"

namespace troupe::core {

/// Names an armed timer; stale ones are known as such. False: none.
struct timer_handle {
  uint32_t index = 0;
  uint32_t serial = 0;

  explicit operator bool() const { return serial != 0; }
  bool operator==(const timer_handle&) const = default;
};

/// A timer whose time has come.
struct due_timer {
  uint64_t value = 0;
  uint32_t number = 0;
  instant due;

  bool operator==(const due_timer&) const = default;
};

/// All timers of a shard: eight levels of 64 slots, from a millisecond to
/// thousands of years. Arming and cancelling are O(1); an entry costs 32 bytes
/// and gives them back. Knows no clock; not thread-safe.
class timer_wheel {
public:
  /// Armed at once; 8 GiB.
  static constexpr uint32_t timers_max = 1u << 28;

  timer_wheel();

  /// A timer that carries two values of the caller's. In the past: due at the
  /// next `advance`. No handle: `timers_max` are armed.
  timer_handle arm(uint64_t value, uint32_t number, instant due);

  /// False: it has fired, was cancelled before, or never was.
  bool cancel(timer_handle which);

  /// Takes out what is due, by due time and then in the order of arming. Never
  /// early, and at most a millisecond late.
  std::vector<due_timer> advance(instant now);

  /// When to call `advance` next: never after the earliest timer; it may be
  /// before it, at most once for each level. Nothing: no timer is armed.
  std::optional<instant> next_due() const;

  size_t size() const { return size_; }
  size_t memory_bytes() const;

private:
  static constexpr uint32_t level_bits = 6;
  static constexpr uint32_t slots = 1u << level_bits;
  static constexpr uint32_t levels = 8;

  struct place {
    uint32_t level = 0;
    uint32_t slot = 0;
    uint64_t start = 0; // The first tick of the slot.
  };

  static uint64_t tick_of(int64_t due_us);
  std::optional<place> first() const;
  void link(uint32_t index);
  void unlink(const timer_entry& entry);
  void cascade(const place& from);
  void fire(const place& from, std::vector<due_timer>& out);
  uint32_t detach(const place& from);

  /// Invariant: nothing in the wheel has a slot before `base_`; an entry's
  /// level is the highest digit (base 64) in which its tick differs from
  /// `base_`.
  uint64_t base_ = 0;
  uint32_t size_ = 0;
  uint32_t serial_ = 0;
  std::array<uint64_t, levels> used_{}; // A bit for each slot with entries.
  std::array<uint32_t, size_t{levels} * slots> heads_;
  timer_pool pool_;
};

} // namespace troupe::core
