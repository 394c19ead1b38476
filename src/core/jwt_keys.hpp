#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/jwt.hpp"

// Keys as files and issuers write them.

namespace troupe::core {

/// A secret below this could be guessed from one token.
inline constexpr size_t secret_bytes_min = 32;

/// Keys of one set, and bytes of one text with keys.
inline constexpr size_t keys_max = 100;
inline constexpr size_t key_text_bytes_max = 256 * 1024;

/// To check with: a PEM file of Ed25519 (public or private), a JWK or a JWKS
/// (keys of other kinds are passed over), else a secret for HS256, as it stands
/// without the line's end. The message has nothing of the text in it.
result<std::vector<jwt_key>> keys_of(std::string_view text);

/// The same for keys that came over a network: a set, of public keys only.
result<std::vector<jwt_key>> public_keys_of(std::string_view jwks);

/// To sign with: private PEM or JWK, or a secret.
result<jwt_signer> signer_of(std::string_view text);

/// Of an Ed25519 key of 32 bytes of chance: PEM to sign with and to check with.
struct key_pair_text {
  std::string private_pem;
  std::string public_pem;
};
result<key_pair_text> key_pair_of(std::string_view seed);

} // namespace troupe::core
