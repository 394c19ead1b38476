#include "runtime/utc_clock.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

int64_t steady_us() {
  return std::chrono::duration_cast<core::duration>(
           utc_clock::steady::now().time_since_epoch())
    .count();
}

int64_t system_us() {
  return std::chrono::duration_cast<core::duration>(
           std::chrono::system_clock::now().time_since_epoch())
    .count();
}

} // namespace

utc_clock::utc_clock(core::instant stamp)
  : offset_us_(system_us() - steady_us()) {
  not_before(stamp);
}

core::instant utc_clock::now() const {
  auto us = steady_us() + offset_us_.load(std::memory_order_relaxed);
  // `ease` may take a few milliseconds away: then time stands until it is past
  // what was seen before.
  auto last = last_us_.load(std::memory_order_relaxed);
  while (
    us > last
    && !last_us_.compare_exchange_weak(last, us, std::memory_order_relaxed)) {
  }
  return core::from_us(std::max(us, last));
}

void utc_clock::not_before(core::instant stamp) {
  auto behind = core::to_us(stamp) - core::to_us(now());
  if (behind > 0)
    offset_us_ += behind;
}

core::duration utc_clock::ease() {
  core::duration ahead{system_us() - steady_us() - offset_us_.load()};
  offset_us_ += std::clamp(ahead, -step_max, step_max).count();
  return ahead;
}

} // namespace troupe::runtime
