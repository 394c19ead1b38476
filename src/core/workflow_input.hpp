#pragma once

#include <map>
#include <string>

#include "core/reader.hpp"
#include "core/workflow.hpp"

namespace troupe::core::workflows {

/// The workflow's `input`: what a run takes.
void read_input_fields(const value& from,
                       std::map<std::string, input_field>& to);

} // namespace troupe::core::workflows
