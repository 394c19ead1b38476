#pragma once

#include <string>

#include "core/result.hpp"
#include "troupe/plugin.hpp"

namespace troupe::runtime {

/// The agent `name` of a shared library; empty: its only one. The library stays
/// loaded until the program ends, because nobody can know who holds its code.
core::result<plugin_agents::factory> load_plugin(const std::string& library,
                                                 const std::string& name);

} // namespace troupe::runtime
