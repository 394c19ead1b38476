#include "core/command_key.hpp"

#include "core/sha256.hpp"

namespace troupe::core {

id keyed_command(std::string_view key, std::string_view what) {
  return id_from_bytes(sha256{}.add(key).finish().substr(0, 8)
                       + sha256{}.add(what).finish().substr(8, 8));
}

key_use use_of_key(std::span<const id> known, id command) {
  auto found = key_use::none;
  for (auto x : known) {
    if (x.low == command.low)
      return key_use::same;
    if (x.high == command.high)
      found = key_use::other;
  }
  return found;
}

} // namespace troupe::core
