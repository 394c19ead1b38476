#include "core/duration_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace troupe::core {

namespace {

constexpr double first_us = 100; // All that is shorter is in bucket 0.
constexpr double per_doubling = 4;

uint32_t bucket_of(duration took) {
  auto us = static_cast<double>(took.count());
  if (us <= first_us)
    return 0;
  auto bucket = std::ceil(std::log2(us / first_us) * per_doubling);
  return std::min(static_cast<uint32_t>(bucket), duration_sketch::buckets - 1);
}

double upper_us(double bucket) {
  return first_us * std::exp2(bucket / per_doubling);
}

} // namespace

void duration_sketch::add(duration took, double keep) {
  for (auto& x : weights_)
    x *= static_cast<float>(keep);
  weights_[bucket_of(took)] += 1;
}

std::optional<duration> duration_sketch::quantile(double q) const {
  auto total = weight();
  if (total <= 0)
    return std::nullopt;
  auto wanted = std::clamp(q, 0.0, 1.0) * total;
  double before = 0;
  uint32_t last = 0;
  for (uint32_t i = 0; i < buckets; ++i) {
    if (weights_[i] <= 0)
      continue;
    last = i;
    if (before + weights_[i] >= wanted)
      break;
    before += weights_[i];
  }
  // The middle of its bucket: nobody knows where in it the truth lies.
  auto us = upper_us(last == 0 ? 0 : last - 0.5);
  return duration{static_cast<int64_t>(std::llround(us))};
}

double duration_sketch::weight() const {
  return std::accumulate(weights_.begin(), weights_.end(), 0.0);
}

void duration_sketch::set(uint32_t bucket, double weight) {
  weights_.at(bucket) = static_cast<float>(weight);
}

} // namespace troupe::core
