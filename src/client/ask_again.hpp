#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/api.hpp"

// When a question whose answer was lost is asked again.

namespace troupe::remote {

/// What a second time would do.
enum class repeat : uint8_t {
  harmless, // Nothing: it only looks, or it leads to the same.
  keyed,    // Nothing: the node knows the key.
  harmful,  // It again. Only what surely was not done is asked again.
};

/// Of operations of core::api that are a POST. Those that are `keyed` need a
/// key; what is not known may do harm.
repeat repeat_of(std::string_view op);

/// 128 random bits behind a prefix: no two commands of anybody have the same.
std::string new_key(std::string_view prefix);

/// Nobody can tell from this whether it was done.
bool is_open(const failure& why);

struct patience {
  uint32_t tries_max = 4;
  std::chrono::milliseconds pause{1'000};     // Doubles each time,
  std::chrono::milliseconds pause_max{5'000}; // up to this.
  /// Where nobody listens at the first try, either.
  bool awaits_node = false;
  /// A node that is overloaded is asked again where it wants no longer pause.
  std::chrono::milliseconds retry_after_max{0};
  std::chrono::steady_clock::time_point until =
    std::chrono::steady_clock::time_point::max();
  /// Told before the second and each later try.
  std::function<void(const failure&, uint32_t number)> on_again = {};
};

struct asked {
  core::api_answer answer;
  bool again = false;    // An earlier try may have been done.
  bool in_doubt = false; // Nobody knows whether it was done.
};

asked ask_again(const std::function<core::api_answer()>& ask, repeat what,
                const patience& with);

} // namespace troupe::remote
