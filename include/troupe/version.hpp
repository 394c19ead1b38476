#pragma once

#include <string_view>

namespace troupe {

/// The version of the library that is linked, e.g. "0.1.0".
std::string_view version();

} // namespace troupe
