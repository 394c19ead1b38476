#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/time.hpp"

namespace troupe::core {

/// Quantiles of durations, the newest counting most: a histogram with four
/// buckets to each doubling, from 0.1 ms to a month, so that an answer is
/// within 10 % of the truth. Chosen over P2 and t-digests because it forgets
/// (each addition makes all earlier ones weigh a little less), merges, is
/// stored as it is, and gives the same for the same additions whatever their
/// order in a batch of equal weights.
class duration_sketch {
public:
  static constexpr uint32_t buckets = 140;

  /// `keep`: what the earlier ones weigh afterwards, of what they weighed.
  void add(duration took, double keep);

  /// `q` in [0, 1]; nothing while empty.
  std::optional<duration> quantile(double q) const;

  /// The sum of all weights.
  double weight() const;

  double operator[](uint32_t bucket) const { return weights_.at(bucket); }
  void set(uint32_t bucket, double weight);

private:
  std::array<float, buckets> weights_{};
};

} // namespace troupe::core
