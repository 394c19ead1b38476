#include "core/workflow_name.hpp"

#include <charconv>

namespace troupe::core {

workflow_name split_workflow_name(std::string_view text) {
  auto at = text.rfind('@');
  workflow_name x{std::string{text.substr(0, at)}, 0};
  if (at == std::string_view::npos)
    return x;
  auto end = text.data() + text.size();
  auto read = std::from_chars(text.data() + at + 1, end, x.version);
  if (read.ec != std::errc{} || read.ptr != end)
    x.version = 0;
  return x;
}

std::string to_string(const workflow_name& x) {
  return x.version == 0 ? x.name : x.name + '@' + std::to_string(x.version);
}

} // namespace troupe::core
