#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace troupe::core {

/// Why `value` does not match a JSON Schema, e.g. "/version: is not a string";
/// empty if it does. Knows type, enum, const, properties, required,
/// additionalProperties, items, minItems, maxItems, minLength, maxLength,
/// minimum, maximum, anyOf, allOf and not; `unsupported` names the rest, which
/// is refused when a workflow is read.
std::string mismatch(const nlohmann::json& schema, const nlohmann::json& value);

/// The first keyword of a schema that `mismatch` does not know; empty: none.
std::string unsupported(const nlohmann::json& schema);

} // namespace troupe::core
