#include "core/sequence_search.hpp"

namespace troupe::core {

result<uint64_t> first_since(const time_at& at, instant limit) {
  auto is_before = [&](uint64_t seq) -> result<bool> {
    auto time = at(seq);
    if (!time)
      return time.error();
    return time->has_value() && **time < limit;
  };
  // Doubling finds an end, halving the place before it.
  uint64_t low = 0;
  uint64_t high = 1;
  for (;; high *= 2) {
    auto before = is_before(high);
    if (!before)
      return before.error();
    if (!*before || high > UINT64_MAX / 2)
      break;
    low = high;
  }
  while (high - low > 1) {
    auto middle = low + (high - low) / 2;
    auto before = is_before(middle);
    if (!before)
      return before.error();
    (*before ? low : high) = middle;
  }
  return low;
}

} // namespace troupe::core
