#pragma once

#include <functional>
#include <string>

#include "mcp/request.hpp"

// What waits for a person, as questions that a client puts to its user.

namespace troupe::mcp {

/// The tool `approve`: the user is asked, where the client can.
void approve_task(const request_ptr& r);

/// Calls back with the open decisions of a run; none where nobody knows.
void find_decisions(const request_ptr& r, const std::string& run,
                    std::function<void(nlohmann::json list)> then);

/// A question for each: {key: {method, params}}; without those in `done`.
nlohmann::json questions_of(const nlohmann::json& decisions,
                            const nlohmann::json& done);

/// Records what a person answered, but for the keys in `done`; then calls back
/// with all keys. Who does not want to decide leaves it open.
void record_answers(const request_ptr& r, const nlohmann::json& answers,
                    const nlohmann::json& done,
                    const std::function<void(nlohmann::json keys)>& then);

} // namespace troupe::mcp
