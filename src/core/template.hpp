#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/text.hpp"

// The one template form, `${steps.build.output.version}`, in string values of
// JSON. `$${` stands for a plain `${`. What a reference brings in is never
// looked at for further references.

namespace troupe::core {

/// What one resolved text may hold; beyond it `template_failed`.
inline constexpr size_t template_result_bytes_max = 4u << 20;

/// One reference: `${steps.a.output.items[0]}` is root `steps` and path `a`,
/// `output`, `items`, `0`. Its form is checked: a root that exists, `steps.X`
/// followed by `output`, `run` by `input`, `id` or `name`, `task` by `id`;
/// `index` and `iteration` stand alone.
struct reference {
  std::string root;
  std::vector<std::string> path;
  size_t at = 0; // Byte in the text; where the string has escapes: its start.

  bool operator==(const reference&) const = default;
};

/// As it is written, e.g. "steps.a.output.items.0".
std::string to_text(const reference& x);

/// All references in the string values (not the keys) of a JSON text, in order.
result<std::vector<reference>> references(std::string_view json);

/// The same for plain text that is no JSON, such as a concurrency key.
result<std::vector<reference>> references_in_string(std::string_view plain);

/// What references can name. What is unset is not known here, and naming it an
/// error. Pointers are borrowed for the call.
struct scope {
  const text* run_input = nullptr;
  std::string_view run_id;
  std::string_view run_name;
  std::string_view task_id;
  /// A step's output (JSON); null: no such step, or it has none.
  std::function<const text*(std::string_view step)> output_of;
  const text* item = nullptr; // Of a foreach.
  std::optional<uint32_t> index;
  std::optional<uint32_t> iteration; // Of a repeat.
  const text* output = nullptr;      // The step's own, e.g. of the last round.
};

/// Puts values in the place of references. A string that is exactly one
/// reference becomes that JSON value, of whatever type; inside a longer string
/// strings come in raw and other values as compact JSON. All other bytes stay
/// as they are. Errors: `template_failed`, category validation.
result<text> resolve(const text& json, const scope& where);

/// The same for plain text: the value always comes in as text.
result<std::string> resolve_string(std::string_view plain, const scope& where);

} // namespace troupe::core
