#pragma once

#include <string>

namespace troupe::gateway {

/// The OpenAPI 3.1 document of this door: made from the table of routes, the
/// words for them, and the schemas of docs/schemas.
const std::string& openapi_document();

} // namespace troupe::gateway
