#pragma once

#include <string>

#include "cli/verb.hpp"
#include "core/id.hpp"

namespace troupe::cli {

// What people write for a run or a task: a full id; the beginning of a run's
// id (4 characters or more); "@latest"; and for a task "RUN/NAME", with RUN in
// any of these forms. All throw `stop_verb` where nothing fits, or too much.

/// A run.
core::id find_run(verb_call& call, const std::string& text);

/// A run or a task: `id::number` tells.
core::id find_target(verb_call& call, const std::string& text);

/// {"run": id} or {"task": id}.
nlohmann::json target_params(core::id of);

} // namespace troupe::cli
