#pragma once

#include <algorithm>
#include <string_view>

namespace troupe::core {

inline constexpr size_t workspace_bytes_max = 64;

/// Whether a workspace may be called so: printable ASCII without spaces. The
/// same at every door, so that nobody has rights in one that none can name.
inline bool is_workspace_name(std::string_view text) {
  return !text.empty() && text.size() <= workspace_bytes_max
         && std::all_of(text.begin(), text.end(),
                        [](char c) { return c > ' ' && c < 0x7f; });
}

} // namespace troupe::core
