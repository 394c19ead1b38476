#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "core/rows.hpp"

// Rows as people and programs get to see them.

namespace troupe::runtime {

nlohmann::json to_json(const core::run_row& row);
nlohmann::json to_json(const core::task_row& row);
nlohmann::json to_json(const core::attempt_row& row);
nlohmann::json to_json(const core::decision_row& row);
nlohmann::json to_json(const failure& why);

/// ISO 8601: "PT12.345S".
std::string iso_duration(core::duration x);

core::api_answer answer_with(const nlohmann::json& body);
core::api_answer refuse(errc code, std::string message);
core::api_answer refuse(const failure& why);
/// `errc::invalid`, with all that is wrong.
core::api_answer refuse(core::problems all);

} // namespace troupe::runtime
