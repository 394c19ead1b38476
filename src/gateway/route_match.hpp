#pragma once

#include <string>
#include <string_view>

#include "gateway/body.hpp"
#include "gateway/routes.hpp"
#include "gateway/target.hpp"

namespace troupe::gateway {

/// The route that a request means.
struct match {
  const route* found = nullptr; // Null: the path is known, the method is not.
  pairs ids;                    // JSON values.
  std::string allow;            // Methods of the path; empty: unknown path.
  std::string bad_id;           // A segment that should be an id and is not.
};

match find_route(std::string_view method, const target& where);

} // namespace troupe::gateway
