#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "troupe/agent.hpp"

namespace troupe::core {

/// A task as agents outside the process get it: one JSON object, one line.
/// `traceparent`: W3C trace context; empty: it has none.
std::string task_object(const task& t, const std::string& traceparent = {});

/// What every form of a task has, but for its id and its input.
nlohmann::json task_head(const task& t);

/// The object `head` with the field `input`. That is JSON text already; reading
/// it only to write it again would cost more than all the rest. Empty: null.
std::string with_input(const nlohmann::json& head, std::string_view input);

} // namespace troupe::core
