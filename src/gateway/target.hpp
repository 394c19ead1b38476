#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gateway {

/// A request's target, taken apart: decoded path segments and query fields.
struct target {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query; // In order.
};

/// Nothing where it is no origin-form target ("/path?query") or has a broken
/// percent escape, a control character or bytes that are no UTF-8.
std::optional<target> parse_target(std::string_view text);

/// The other way: everything but unreserved characters becomes %XX.
std::string percent_encode(std::string_view text);

} // namespace troupe::gateway
