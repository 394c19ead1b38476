#pragma once

#include <chrono>
#include <string>

#include "mcp/request.hpp"

// Tools that last: they follow a run, tell how far it is, and have a person
// asked where one is needed.

namespace troupe::mcp {

/// The tools `run` and `watch`.
void run_and_watch(const request_ptr& r);
void watch_run(const request_ptr& r);

/// What `timeout_s` may be.
nlohmann::json wait_schema();

/// Follows a run and answers the request when it has ended, when a person has
/// to decide who cannot be asked here, or after `time` (0: however long).
void follow_run(const request_ptr& r, const std::string& run,
                std::chrono::seconds time);

/// How a run stands, as the result of a tool; an error where it failed.
nlohmann::json run_result(const nlohmann::json& run,
                          const nlohmann::json& approvals);

} // namespace troupe::mcp
