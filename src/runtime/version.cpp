#include "troupe/version.hpp"

namespace troupe {

static_assert(headers_version == TROUPE_VERSION,
              "set headers_version to the version in CMakeLists.txt");

std::string_view version() {
  return TROUPE_VERSION;
}

} // namespace troupe
