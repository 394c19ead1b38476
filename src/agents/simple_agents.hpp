#pragma once

#include <chrono>

#include "troupe/agent.hpp"

namespace troupe::agents {

/// The longest time that `sleep` takes.
inline constexpr std::chrono::hours sleep_max{24 * 365};

/// Answers at once with its input.
reactive_factory echo();

/// Answers at once with null.
reactive_factory noop();

/// Answers after `{"seconds": 1.5}` or `{"ms": 5}` with `{"slept_ms": 1500}`.
/// Holds no thread.
reactive_factory sleep();

} // namespace troupe::agents
