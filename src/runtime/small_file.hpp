#pragma once

#include <optional>
#include <string>

#include "troupe/errc.hpp"

namespace troupe::runtime {

/// Replaces a file as one: after a crash it is the old or the new one, and
/// what was written is on the disk. Mode 0600.
failure write_small_file(const std::string& path, const std::string& text);

/// Nothing: there is no such file.
std::optional<std::string> read_small_file(const std::string& path);

} // namespace troupe::runtime
