#pragma once

#include <span>
#include <string_view>

// Every field that a workflow file can have: one table for the reader (which
// asserts that it asked for exactly these), the schema and the docs.

namespace troupe::core {

struct field {
  std::string_view name;
  std::string_view about;
  std::string_view schema; // JSON Schema of its value.
  bool inherits = false;   // Of steps: can stand under `defaults`.
  bool required = false;
};

struct field_group {
  std::string_view name; // In the schema: "#/$defs/<name>".
  std::string_view about;
  std::span<const field> fields;
};

// In the order in which they are read.
extern const std::span<const field> workflow_fields;
extern const std::span<const field> step_fields;
extern const std::span<const field> input_fields;
extern const std::span<const field> edge_fields;
extern const std::span<const field> agent_fields;
extern const std::span<const field> concurrency_fields;
extern const std::span<const field> rate_fields;
extern const std::span<const field> backoff_fields;
extern const std::span<const field> fallback_fields;
extern const std::span<const field> approve_fields;
extern const std::span<const field> expect_fields;
extern const std::span<const field> risk_fields;
extern const std::span<const field> undo_fields;
extern const std::span<const field> boundaries_fields;

/// All groups; the workflow itself is first.
std::span<const field_group> field_groups();

} // namespace troupe::core
