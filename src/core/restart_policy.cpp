#include "core/restart_policy.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::core {

bool restart_window::allow(instant now) {
  while (!restarts_.empty() && now - restarts_.front() >= limit_.window)
    restarts_.pop_front();
  if (restarts_.size() >= limit_.max)
    return false;
  restarts_.push_back(now);
  return true;
}

duration nominal_backoff(const restart_backoff& how, uint32_t nth) {
  if (nth <= 1)
    return duration{0};
  auto wanted = static_cast<double>(how.min.count())
                * std::pow(how.factor, static_cast<double>(nth - 2));
  // Compared as double: the power overflows int64 long before uint32 ends.
  if (wanted >= static_cast<double>(how.max.count()))
    return how.max;
  return duration{static_cast<int64_t>(wanted)};
}

duration backoff_schedule::next(instant now,
                                std::optional<instant> running_since,
                                double random) {
  if (running_since && now - *running_since >= how_.reset_after)
    failures_ = 0;
  if (failures_ < UINT32_MAX)
    ++failures_;
  auto nominal = nominal_backoff(how_, failures_);
  auto spread = 1.0 + how_.jitter * (2.0 * random - 1.0);
  auto delay = static_cast<double>(nominal.count()) * spread;
  return duration{static_cast<int64_t>(std::max(delay, 0.0))};
}

bool comes_back(restart_when when, bool ended_normally) {
  switch (when) {
    case restart_when::permanent:
      return true;
    case restart_when::transient:
      return !ended_normally;
    case restart_when::temporary:
      return false;
  }
  return false;
}

bool takes_along(restart_strategy how, uint64_t failed, uint64_t other) {
  switch (how) {
    case restart_strategy::one_for_one:
    case restart_strategy::dynamic:
      return false;
    case restart_strategy::one_for_all:
      return other != failed;
    case restart_strategy::rest_for_one:
      return other > failed;
  }
  return false;
}

std::vector<uint64_t> stop_order(restart_strategy how, uint64_t failed,
                                 const std::vector<uint64_t>& others) {
  std::vector<uint64_t> result;
  std::copy_if(others.rbegin(), others.rend(), std::back_inserter(result),
               [&](uint64_t other) { return takes_along(how, failed, other); });
  return result;
}

bool shuts_down(auto_shutdown how, size_t left, size_t ended) {
  switch (how) {
    case auto_shutdown::never:
      return false;
    case auto_shutdown::any_significant:
      return ended > 0;
    case auto_shutdown::all_significant:
      return ended > 0 && left == 0;
  }
  return false;
}

} // namespace troupe::core
