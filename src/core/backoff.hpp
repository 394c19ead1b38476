#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/time.hpp"
#include "core/workflow.hpp"
#include "troupe/errc.hpp"

namespace troupe::core {

/// What a failure may ask for at most before the next attempt (Retry-After).
inline constexpr duration retry_after_max{std::chrono::hours{24}};

/// The wait before retry `nth` (from 1): base * factor^(nth-1), doubled after a
/// failure of another kind than before, at most `max`; without jitter.
duration nominal_delay(const backoff_policy& how, uint32_t nth,
                       bool category_changed = false);

/// Adds the policy's share of jitter. `random` is in [0, 1).
duration with_jitter(duration delay, const backoff_policy& how, double random);

/// What a decision on a retry depends on, beside the step and the failure.
struct retry_question {
  uint32_t retries_used = 0; // Without the one that is asked for.
  instant now;
  instant deadline;              // Of the task; no_instant: none.
  duration retry_after{};        // What the failure itself asks for.
  bool category_changed = false; // It failed in another way before.
  double random = 0;             // In [0, 1).
};

struct retry_decision {
  std::optional<instant> at; // When to try again; nothing: give up.
  std::string why_not;       // For people; empty where it is tried again.
};

/// Whether and when a failed task is tried again. An `at_most_once` step is
/// not: its effect may have happened.
retry_decision decide_retry(const step& what, const failure& why,
                            const retry_question& ask);

} // namespace troupe::core
