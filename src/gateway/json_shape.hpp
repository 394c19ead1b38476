#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/problem.hpp"

namespace troupe::gateway {

/// What can be said of JSON text without building its value.
struct json_shape {
  enum class kind { object, array, scalar } what = kind::scalar;
  std::vector<std::string> keys;        // Of the outermost object.
  std::optional<core::problem> problem; // It is no JSON, nests too deep, or
                                        // an object says a field twice.

  bool has(std::string_view key) const;
};

json_shape shape_of(std::string_view json);

} // namespace troupe::gateway
