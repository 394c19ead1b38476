#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/access.hpp"
#include "core/jwt.hpp"
#include "core/time.hpp"

// From a token to who asks.

namespace troupe::core {

/// Somebody whose tokens are taken.
struct token_issuer {
  std::string name;   // Ours; stands before what it calls its people.
  std::string issuer; // The claim `iss`.
  std::vector<jwt_key> keys;
};

/// Whose tokens are taken, and for whom they must be. Without issuers nobody
/// has to show one.
struct login_rules {
  std::string audience = "troupe";
  duration leeway = std::chrono::seconds{30}; // Clocks differ.
  std::vector<token_issuer> issuers;
};

struct login {
  caller who;
  instant expires;
};

/// Why a token is not taken.
struct login_refusal {
  std::string what;
  /// Not empty: the name of an issuer that may have got the key meanwhile.
  std::string unknown_key_of = {};
};

/// Says nothing of what the token holds before its signature is known good.
std::variant<login, login_refusal>
log_in(std::string_view token, const login_rules& rules, instant now);

} // namespace troupe::core
