#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace troupe::core {

/// Why `value` does not match a JSON Schema, e.g. "/version: is not a string";
/// empty if it does. Knows type, enum, const, properties, required,
/// additionalProperties, items, minItems, maxItems, minLength, maxLength,
/// minimum, maximum, anyOf, allOf and not.
/// REQUIRES: `schema_problem` found nothing.
std::string mismatch(const nlohmann::json& schema, const nlohmann::json& value);

/// The first thing in a schema that `mismatch` cannot check, or that is no
/// schema at all, e.g. "`pattern` at /properties/id is not supported"; empty:
/// there is none. Words for people, such as `title`, are passed over.
std::string schema_problem(const nlohmann::json& schema);

} // namespace troupe::core
