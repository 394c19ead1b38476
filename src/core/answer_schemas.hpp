#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace troupe::core {

/// What the verbs print with --json, and what is answered over HTTP: names and
/// JSON Schemas, by name. They are the files of docs/schemas.
const std::vector<std::pair<std::string_view, std::string_view>>&
answer_schemas();

} // namespace troupe::core
