#include "core/problem.hpp"

namespace troupe::core {

std::string to_text(const problem& x, const std::string& file) {
  auto out = file;
  if (x.line > 0) {
    out += ":" + std::to_string(x.line);
    if (x.column > 0)
      out += ":" + std::to_string(x.column);
  }
  out += ": " + x.what;
  if (!x.where.empty())
    out += " (at " + x.where + ")";
  if (!x.hint.empty())
    out += "; " + x.hint;
  return out;
}

} // namespace troupe::core
