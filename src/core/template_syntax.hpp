#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/template.hpp"

// The inside of template.cpp that reads: plain text into pieces.

namespace troupe::core::templates {

/// Text that stays as it is, or a reference.
struct piece {
  bool is_reference = false;
  std::string_view literal; // Points into the text that was read.
  reference value;
};

failure failed(std::string message);

/// Splits plain text. `value.at` counts from its start.
result<std::vector<piece>> split(std::string_view plain);

} // namespace troupe::core::templates
