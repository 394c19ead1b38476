#pragma once

#include <chrono>
#include <optional>

#include "cli/verb.hpp"
#include "core/id.hpp"

namespace troupe::cli {

/// Draws a run until it ends: bars over each other on a terminal, else a line
/// for each change; with --json the events as they come. Returns the exit code
/// that tells how it ended. `patience`: none waits for ever.
int follow(verb_call& call, core::id run,
           std::optional<std::chrono::milliseconds> patience);

/// The exit code of a run's JSON.
int exit_code_of_run(const nlohmann::json& run);

/// "2m", "90s"; throws `stop_verb`.
std::optional<std::chrono::milliseconds> patience_of(verb_call& call);

} // namespace troupe::cli
