#pragma once

#include <string>

#include "troupe/agent.hpp"

namespace troupe::core {

/// A task as agents outside the process get it: one JSON object, one line.
std::string task_object(const task& t);

} // namespace troupe::core
