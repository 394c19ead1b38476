#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/id.hpp"

// A command that comes with its caller's key is kept under an id of two halves:
// one is the key, the other what was asked with it.

namespace troupe::core {

/// `what` has the key in it, too: stores that were written before the first
/// half was the key's are understood.
id keyed_command(std::string_view key, std::string_view what);

/// What a key stands for among the commands that are known.
enum class key_use : uint8_t {
  none,
  same,  // This command.
  other, // Another one.
};

/// REQUIRES: `command` is of `keyed_command`.
key_use use_of_key(std::span<const id> known, id command);

} // namespace troupe::core
