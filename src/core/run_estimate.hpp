#pragma once

#include "core/progress.hpp"
#include "core/store.hpp"

namespace troupe::core {

/// How long a stored run still takes, by the state of each of its tasks.
/// Nothing where nobody can know: no history, nothing ended, or it stands.
std::optional<estimate> estimate_of(const stored_run& run, const workflow& what,
                                    const performance_history& history,
                                    instant now);

/// The same by its pace alone, from the run's row.
std::optional<estimate> estimate_of(const run_row& run, instant now);

} // namespace troupe::core
