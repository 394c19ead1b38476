#include "core/jwt.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>

#include <openssl/evp.h>

#include "core/base64url.hpp"
#include "core/hmac.hpp"
#include "core/json_text.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr uint32_t json_levels_max = 16;

struct freer {
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(EVP_MD_CTX* x) const { EVP_MD_CTX_free(x); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freer>;
using context_ptr = std::unique_ptr<EVP_MD_CTX, freer>;

const unsigned char* bytes_of(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && !a.empty()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool ed25519_signed(const jwt& token, std::string_view public_key) {
  key_ptr key{EVP_PKEY_new_raw_public_key(
    EVP_PKEY_ED25519, nullptr, bytes_of(public_key), public_key.size())};
  context_ptr how{EVP_MD_CTX_new()};
  return key && how
         && EVP_DigestVerifyInit(how.get(), nullptr, nullptr, nullptr,
                                 key.get())
              == 1
         && EVP_DigestVerify(
              how.get(), bytes_of(token.signature), token.signature.size(),
              bytes_of(token.signed_part), token.signed_part.size())
              == 1;
}

std::string ed25519_signature(std::string_view seed, std::string_view text) {
  key_ptr key{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                           bytes_of(seed), seed.size())};
  context_ptr how{EVP_MD_CTX_new()};
  std::string out(64, '\0');
  auto size = out.size();
  auto good =
    key && how
    && EVP_DigestSignInit(how.get(), nullptr, nullptr, nullptr, key.get()) == 1
    && EVP_DigestSign(how.get(), reinterpret_cast<unsigned char*>(out.data()),
                      &size, bytes_of(text), text.size())
         == 1;
  return good ? out : std::string{};
}

failure wrong(std::string what) {
  return {errc::invalid, category::security, std::move(what)};
}

std::string text_in(const json& header, const char* name) {
  auto pos = header.find(name);
  return pos != header.end() && pos->is_string() ? pos->get<std::string>()
                                                 : std::string{};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return text;
}

failure check_header(const json& header, jwt& out) {
  if (!header.is_object())
    return wrong("the token's header is no JSON object");
  auto algorithm = text_in(header, "alg");
  if (algorithm == "HS256")
    out.algorithm = jwt_algorithm::hs256;
  else if (algorithm == "EdDSA")
    out.algorithm = jwt_algorithm::eddsa;
  else
    return wrong("the token is signed in a way that is not taken here; use "
                 "HS256 or EdDSA");
  // "at+jwt" is what RFC 9068 calls a token for access.
  auto type = lower(text_in(header, "typ"));
  if (header.contains("typ") && type != "jwt" && type != "at+jwt")
    return wrong("the token is of another kind (typ); it must be a JWT");
  for (auto name : {"crit", "b64", "zip", "enc"})
    if (header.contains(name))
      return wrong("the token's header asks for an extension that is not "
                   "known here");
  // Never taken from the token: it would bring its own key.
  for (auto name : {"jwk", "jku", "x5u", "x5c"})
    if (header.contains(name))
      return wrong("the token brings a key of its own, which proves nothing; "
                   "name one of the issuer's with kid");
  if (header.contains("kid") && !header["kid"].is_string())
    return wrong("the token's kid is no text");
  out.kid = text_in(header, "kid");
  return {};
}

} // namespace

std::string_view word_of(jwt_algorithm x) {
  return x == jwt_algorithm::hs256 ? "HS256" : "EdDSA";
}

result<json> parse_strict_json(std::string_view text) {
  if (json_depth(text) > json_levels_max)
    return wrong("it nests deeper than 16 levels");
  std::vector<std::set<std::string>> seen;
  bool twice = false;
  auto look = [&](int, json::parse_event_t event, json& x) {
    if (event == json::parse_event_t::object_start)
      seen.emplace_back();
    else if (event == json::parse_event_t::object_end)
      seen.pop_back();
    else if (event == json::parse_event_t::key)
      twice = !seen.back().insert(x.get<std::string>()).second || twice;
    return true;
  };
  auto out = json::parse(text, look, false);
  if (out.is_discarded())
    return wrong("it is no JSON");
  if (twice)
    return wrong("a name stands twice in it");
  return out;
}

result<jwt> parse_jwt(std::string_view text) {
  if (text.size() > token_bytes_max)
    return wrong("the token is longer than " + std::to_string(token_bytes_max)
                 + " bytes");
  auto first = text.find('.');
  auto second = first == text.npos ? first : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos)
    return wrong("the token has not three parts with points between them");
  auto header = from_base64url(text.substr(0, first));
  auto claims = from_base64url(text.substr(first + 1, second - first - 1));
  auto signature = from_base64url(text.substr(second + 1));
  if (!header || !claims || !signature)
    return wrong("a part of the token is no base64url");
  auto head = parse_strict_json(*header);
  if (!head)
    return wrong("the token's header cannot be used: " + head.error().message);
  jwt out;
  if (auto why = check_header(*head, out))
    return why;
  auto body = parse_strict_json(*claims);
  if (!body)
    return wrong("the token's claims cannot be used: " + body.error().message);
  if (!body->is_object())
    return wrong("the token's claims are no JSON object");
  out.claims = std::move(*body);
  out.signed_part = text.substr(0, second);
  out.signature = std::move(*signature);
  return out;
}

bool signed_by(const jwt& token, const jwt_key& key) {
  if (key.algorithm != token.algorithm || key.bytes.empty())
    return false;
  if (key.algorithm == jwt_algorithm::eddsa)
    return ed25519_signed(token, key.bytes);
  return same_bytes(token.signature, hmac_sha256(key.bytes, token.signed_part));
}

std::string sign_jwt(std::string_view claims_json, const jwt_signer& with) {
  json header{{"alg", word_of(with.algorithm)}, {"typ", "JWT"}};
  if (!with.kid.empty())
    header["kid"] = with.kid;
  auto out = to_base64url(to_compact(header)) + "." + to_base64url(claims_json);
  auto signature = with.algorithm == jwt_algorithm::hs256
                     ? hmac_sha256(with.bytes, out)
                     : ed25519_signature(with.bytes, out);
  return out + "." + to_base64url(signature);
}

std::string sign_hs256(std::string_view claims_json, std::string_view secret) {
  return sign_jwt(claims_json, {{}, jwt_algorithm::hs256, std::string{secret}});
}

} // namespace troupe::core
