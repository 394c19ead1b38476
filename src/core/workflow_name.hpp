#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// "release@3": how a version of a workflow is named.

namespace troupe::core {

struct workflow_name {
  std::string name;
  uint32_t version = 0; // 0: none is named; the store finds the newest.
  bool operator==(const workflow_name&) const = default;
};

/// REQUIRES: what follows an `@` is a version, as `read_step` sees to; of
/// anything else the version is 0.
workflow_name split_workflow_name(std::string_view text);

std::string to_string(const workflow_name& x);

} // namespace troupe::core
