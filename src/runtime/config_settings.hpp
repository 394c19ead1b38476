#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troupe::runtime {

/// Every setting by its path, e.g. "node.threads"; `*` stands for a name. One
/// list for the reader (which asserts that it asks for nothing else), the
/// environment and the tests of the page.
std::span<const std::string_view> settings();

bool is_setting(std::string_view path);

/// Its variable: TROUPE_NODE_THREADS. A `*` stays.
std::string variable_of(std::string_view path);

} // namespace troupe::runtime
