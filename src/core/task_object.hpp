#pragma once

#include <string>

#include "troupe/agent.hpp"

namespace troupe::core {

/// A task as agents outside the process get it: one JSON object, one line.
/// `traceparent`: W3C trace context; empty: it has none.
std::string task_object(const task& t, const std::string& traceparent = {});

} // namespace troupe::core
