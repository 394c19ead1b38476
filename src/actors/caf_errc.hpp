#pragma once

#include <string>

#include <caf/error.hpp>

#include "troupe/errc.hpp"

namespace troupe {

// The four functions of troupe/supervisor.hpp, for files that need no more.

caf::error make_error(errc code);
caf::error make_error(errc code, std::string text);
errc to_errc(const caf::error& err);
std::string to_text(const caf::error& err);

} // namespace troupe
