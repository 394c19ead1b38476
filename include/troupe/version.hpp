#pragma once

#include <string_view>

namespace troupe {

/// Of these headers.
constexpr std::string_view headers_version = "0.1.0";

/// The version of the library that is linked, e.g. "0.1.0".
std::string_view version();

} // namespace troupe
