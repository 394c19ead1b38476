#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/api.hpp"
#include "gateway/problem_details.hpp"

// What may be asked of a live stream, the same for every door that has one.

namespace troupe::gateway {

/// Fields of a stream of all runs; that of one run has no `run`, `name` and
/// `workspace`.
inline constexpr std::string_view stream_fields =
  "after run task name kinds workspace";
inline constexpr std::string_view run_stream_fields = "after task kinds";

/// Takes one of them over. `place` says where it stands: "?after", "/after".
std::optional<complaint> set_stream_field(core::watch_request& to,
                                          std::string_view field,
                                          const std::string& value,
                                          const std::string& place);

/// A cursor that none of our streams gave would begin anywhere or never.
std::optional<complaint> refuse_cursor(const core::watch_request& what,
                                       const std::string& place);

} // namespace troupe::gateway
