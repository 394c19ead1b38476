#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/result.hpp"

// JSON Web Tokens (RFC 7519, 7515, 8037), as far as they are safe: HMAC with
// SHA-256, and Ed25519. What signs is in jwt_keys.hpp.

namespace troupe::core {

enum class jwt_algorithm : uint8_t { hs256, eddsa };

std::string_view word_of(jwt_algorithm x);

/// What signatures are checked with.
struct jwt_key {
  std::string kid; // Empty: it has no name.
  jwt_algorithm algorithm = jwt_algorithm::hs256;
  std::string bytes; // The secret; of Ed25519 the public key.
};

/// What tokens are signed with.
struct jwt_signer {
  std::string kid;
  jwt_algorithm algorithm = jwt_algorithm::hs256;
  std::string bytes; // The secret; of Ed25519 the seed.
};

/// What a token may have.
inline constexpr size_t token_bytes_max = 8 * 1024;

/// Taken apart; nothing of it is true before `signed_by` says so.
struct jwt {
  jwt_algorithm algorithm = jwt_algorithm::hs256;
  std::string kid;
  nlohmann::json claims; // An object; no name stands twice in it.
  std::string signed_part;
  std::string signature;
};

/// Refuses what is not exactly one token that we could check: other
/// algorithms, `none` above all, other kinds, critical extensions, names that
/// stand twice, too much of it. The message has nothing of the token in it.
result<jwt> parse_jwt(std::string_view text);

/// Never true where the key is of another algorithm than the token says.
bool signed_by(const jwt& token, const jwt_key& key);

/// REQUIRES: a JSON object; `with` is a whole key.
std::string sign_jwt(std::string_view claims_json, const jwt_signer& with);

/// The same with a secret that has no name.
std::string sign_hs256(std::string_view claims_json, std::string_view secret);

/// JSON whose objects have each name once only, 16 levels at most.
result<nlohmann::json> parse_strict_json(std::string_view text);

} // namespace troupe::core
