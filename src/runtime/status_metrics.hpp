#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/metric_page.hpp"

// Answers of the semantic layer as figures. What is missing in them, because
// somebody restarts, is missing in the figures.

namespace troupe::runtime {

/// Of the operation `status`.
void add_status(core::metric_page& to, const nlohmann::json& status);

/// Of the operation `agents`.
void add_agents(core::metric_page& to, const nlohmann::json& agents);

} // namespace troupe::runtime
