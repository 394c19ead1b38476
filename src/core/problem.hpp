#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::core {

/// One thing that is wrong with a file or a body: where, what, how to mend it.
struct problem {
  std::string where; // JSON pointer, e.g. "/steps/build/timeout".
  uint32_t line = 0; // From 1; 0 where the input has no lines.
  uint32_t column = 0;
  std::string what; // "unknown field `timout`"
  std::string hint; // "did you mean `timeout`?"; may be empty.

  bool operator==(const problem&) const = default;
};

using problems = std::vector<problem>;

/// "file:line:column: what (at pointer); hint", one line.
std::string to_text(const problem& x, const std::string& file);

} // namespace troupe::core
