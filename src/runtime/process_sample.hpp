#pragma once

#include <string>

#include "core/resources.hpp"

namespace troupe::runtime {

/// What this process uses now; `data`: its directory, empty if in memory.
core::resource_sample sample_process(const std::string& data);

} // namespace troupe::runtime
