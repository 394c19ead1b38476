#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "core/template.hpp"

// Conditions that people write, `task.type == 'x' and task.risk < 0.3`: Lua 5.4
// expressions in a sandbox. No statements, no functions of one's own, hence no
// loops; no I/O, no libraries, no iteration, no clock, no chance: the same
// expression over the same context always gives the same.
//
// Functions: len, lower, contains, starts_with, ends_with, min, max, abs,
// floor. Lists count from 1, as in Lua. JSON's null and a missing field are
// nil.

namespace troupe::core {

/// Limits; each has an error text that names it.
inline constexpr size_t expression_bytes_max = 4096;
inline constexpr size_t expression_memory_bytes_max = 1u << 20;
/// Lua instructions, and one per 64 bytes that a function looks at.
inline constexpr int expression_steps_max = 100'000;

/// What is wrong with its form, with a hint; nothing if it is well formed. Also
/// finds calls of unknown functions.
std::optional<std::string> check_expression(std::string_view expression);

/// What it reads, e.g. `steps.build.output.ok` as root `steps` and path
/// `build`, `output`, `ok`; functions are left out. So that a caller can check
/// names early and put only what is needed into the context.
std::vector<reference> expression_paths(std::string_view expression);

/// A condition: true or false, and nil is false; any other value is an error,
/// since 0 and "" would count as true. `context` is an object; its members are
/// the names the expression can use. REQUIRES: it is at most 128 levels deep.
/// Errors: `template_failed`, or `limit_reached`; category validation.
result<bool> evaluate(std::string_view expression,
                      const nlohmann::json& context);

/// Any value. A table `{1, 2}` becomes a list, `{a = 1}` an object.
result<nlohmann::json> evaluate_value(std::string_view expression,
                                      const nlohmann::json& context);

} // namespace troupe::core
