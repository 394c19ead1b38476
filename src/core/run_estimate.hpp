#pragma once

#include "core/progress.hpp"
#include "core/store.hpp"

namespace troupe::core {

/// A run in which nothing was at work for that long stands: it waits for an
/// agent, a person or a signal, and nobody knows how long.
inline constexpr duration stands_after = std::chrono::seconds{10};

/// How long a stored run still takes, by the state of each of its tasks.
/// Nothing where nobody can know: no history and nothing ended, nothing has
/// begun, or it stands.
std::optional<estimate> estimate_of(const stored_run& run, const workflow& what,
                                    const performance_history& history,
                                    instant now);

/// The same by its pace alone, from the run's row.
std::optional<estimate> estimate_of(const run_row& run, instant now);

} // namespace troupe::core
