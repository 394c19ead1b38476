#pragma once

#include <string_view>

#include "core/document.hpp"

namespace troupe::core::documents {

/// Gives a plain scalar its type by YAML 1.2's core schema. Throws `refused`
/// for what JSON cannot hold. REQUIRES: `to` has its line and column.
void resolve_plain(std::string_view text, node& to);

} // namespace troupe::core::documents
