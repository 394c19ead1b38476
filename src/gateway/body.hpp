#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "gateway/problem_details.hpp"
#include "gateway/target.hpp"

// From bodies to the params of an operation. Bodies are checked without being
// built as values: a batch of tasks is spliced through as it came.

namespace troupe::gateway {

/// Params as JSON text, or why not.
using params = std::variant<std::string, complaint>;

/// What a body has to be.
enum class body_form : uint8_t {
  none,     // Empty, or an empty object.
  fields,   // A JSON object of known fields; may be absent.
  source,   // Where a run comes from: see docs/api.md.
  tasks,    // One task, a list, or an object with `tasks`.
  workflow, // A definition: YAML, JSON, or {"workflow": text}.
};

enum class media : uint8_t { none, json, yaml, other };
media media_of(std::string_view content_type);

/// The answer for a content type that this form does not take.
std::optional<complaint> refuse_media(body_form form, media type);

struct body_rule {
  body_form form = body_form::none;
  std::string_view fields; // Of body_form::fields, separated by spaces.
};

using pairs = std::vector<std::pair<std::string, std::string>>;

/// `fixed` are fields whose value is JSON already, e.g. the ids of the path;
/// the body cannot override them.
params to_params(const body_rule& rule, media type, std::string_view body,
                 const pairs& fixed);

/// JSON text of a string; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

} // namespace troupe::gateway
