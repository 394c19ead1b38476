#include "core/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::core {

duration nominal_delay(const backoff_policy& how, uint32_t nth,
                       bool category_changed) {
  auto base = static_cast<double>(how.base.count());
  auto max = static_cast<double>(how.max.count());
  auto exponent = static_cast<double>(nth > 0 ? nth - 1 : 0);
  auto delay = base * std::pow(how.factor, exponent);
  if (category_changed)
    delay *= 2;
  // Written so that infinity and NaN end at the cap as well.
  if (!(delay < max))
    delay = max;
  return duration{static_cast<int64_t>(std::max(delay, 0.0))};
}

duration with_jitter(duration delay, const backoff_policy& how, double random) {
  auto share = how.jitter * std::clamp(random, 0.0, 1.0);
  return delay
         + duration{static_cast<int64_t>(static_cast<double>(delay.count())
                                         * std::max(share, 0.0))};
}

retry_decision decide_retry(const step& what, const failure& why,
                            const retry_question& ask) {
  auto no = [](std::string reason) {
    return retry_decision{std::nullopt, std::move(reason)};
  };
  if (!retryable(why.kind))
    return no("a " + std::string{to_string(why.kind)}
              + " failure is not retried: it would fail again");
  if (what.at_most_once)
    return no("the step is at_most_once: its effect may have happened");
  if (ask.retries_used >= what.retries)
    return no(what.retries == 0
                ? "the step has no retries"
                : "all " + std::to_string(what.retries) + " retries are used");
  auto delay =
    nominal_delay(what.backoff, ask.retries_used + 1, ask.category_changed);
  // Jitter also on what others ask for: they ask it of everybody at once.
  auto asked = std::min(ask.retry_after, retry_after_max);
  auto at =
    ask.now + with_jitter(std::max(delay, asked), what.backoff, ask.random);
  if (ask.deadline != no_instant && at >= ask.deadline)
    return no("its deadline comes before the next attempt");
  return {at, {}};
}

} // namespace troupe::core
