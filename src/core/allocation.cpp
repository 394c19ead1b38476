#include "core/allocation.hpp"

#include <cmath>

namespace troupe::core {

namespace {

/// Weights come from decimal text, so their sum is not exact.
constexpr double sum_slack = 1e-6;

bool is_share(double x) {
  return x >= 0 && x <= 1;
}

} // namespace

std::vector<std::string> check(const allocation_options& opts) {
  std::vector<std::string> found;
  const auto& w = opts.weights;
  for (auto x : {w.capability, w.load, w.performance, w.specialisation})
    if (!is_share(x)) {
      found.push_back("allocation.weights: each weight must be between 0 and "
                      "1; the defaults are 0.4, 0.3, 0.2 and 0.1");
      break;
    }
  auto sum = w.capability + w.load + w.performance + w.specialisation;
  if (!(std::abs(sum - 1) <= sum_slack))
    found.push_back("allocation.weights: the weights sum to "
                    + std::to_string(sum) + "; change them to sum to 1");
  if (opts.ageing_step < duration::zero()
      || opts.ageing_step > std::chrono::hours{24})
    found.push_back("allocation.ageing_step: must be between 0s and 1d");
  if (!is_share(opts.performance_unknown))
    found.push_back("allocation.performance_unknown: must be between 0 and 1");
  if (opts.starved_after < duration::zero())
    found.push_back("allocation.starved_after: must not be negative");
  if (opts.share_credit_max > 1'000'000)
    found.push_back("allocation.share_credit_max: must be at most 1000000");
  return found;
}

std::vector<std::string> check(const workspace_share& share) {
  std::vector<std::string> found;
  if (!(share.weight >= 0.01 && share.weight <= 100))
    found.push_back("workspace weight: must be between 0.01 and 100");
  return found;
}

} // namespace troupe::core
