#pragma once

#include <string>

#include "core/run.hpp"

namespace troupe::core {

/// Why a task is where it is, as far as its run knows: a JSON object {"task",
/// "name", "state", "waits_for": [{"what", "detail", "until"?}], "agent"?,
/// "score"?}. number 0: {"run", "state", "tasks": [..]} for each task that
/// waits, at most 20.
std::string explain(const run& what, uint32_t number);

} // namespace troupe::core
