#include "core/jwt_keys.hpp"

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/base64url.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr size_t ed25519_bytes = 32;

struct freer {
  void operator()(EVP_PKEY* x) const { EVP_PKEY_free(x); }
  void operator()(BIO* x) const { BIO_free(x); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freer>;
using text_ptr = std::unique_ptr<BIO, freer>;

failure wrong(std::string what) {
  return {errc::invalid, category::security, std::move(what)};
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  auto from = text.find_first_not_of(blank);
  if (from == text.npos)
    return {};
  return std::string{
    text.substr(from, text.find_last_not_of(blank) - from + 1)};
}

text_ptr reader_of(std::string_view text) {
  return text_ptr{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

// A key behind a passphrase must not make anything ask for it.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// -- PEM

struct raw_key {
  std::string public_bytes;
  std::string seed; // Empty: it is a public one.
};

std::string raw_of(EVP_PKEY* key,
                   int (*get)(const EVP_PKEY*, unsigned char*, size_t*)) {
  std::string out(ed25519_bytes, '\0');
  auto size = out.size();
  if (get(key, reinterpret_cast<unsigned char*>(out.data()), &size) != 1
      || size != ed25519_bytes)
    return {};
  return out;
}

result<raw_key> key_of_pem(const std::string& text) {
  auto in = reader_of(text);
  auto is_private = text.find("PRIVATE KEY-----") != text.npos;
  key_ptr key{
    is_private
      ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr)
      : PEM_read_bio_PUBKEY(in.get(), nullptr, no_passphrase, nullptr)};
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    return wrong("it is no Ed25519 key in PEM without a passphrase");
  raw_key out;
  out.public_bytes = raw_of(key.get(), EVP_PKEY_get_raw_public_key);
  if (is_private)
    out.seed = raw_of(key.get(), EVP_PKEY_get_raw_private_key);
  return out;
}

// -- JWK

std::string text_in(const json& from, const char* name) {
  auto pos = from.find(name);
  return pos != from.end() && pos->is_string() ? pos->get<std::string>()
                                               : std::string{};
}

std::string bytes_in(const json& from, const char* name) {
  return from_base64url(text_in(from, name)).value_or("");
}

bool is_public_ed25519(const json& x) {
  auto use = text_in(x, "use");
  return text_in(x, "kty") == "OKP" && text_in(x, "crv") == "Ed25519"
         && (use.empty() || use == "sig")
         && bytes_in(x, "x").size() == ed25519_bytes;
}

failure short_secret() {
  return wrong("the secret is shorter than " + std::to_string(secret_bytes_min)
               + " bytes; make one with `troupe token key`");
}

// Keys of other kinds are none of ours, and no mistake.
void add_jwk(const json& x, bool secrets, std::vector<jwt_key>& to) {
  if (!x.is_object())
    return;
  auto kid = text_in(x, "kid");
  auto algorithm = text_in(x, "alg");
  if (is_public_ed25519(x) && (algorithm.empty() || algorithm == "EdDSA"))
    to.push_back({kid, jwt_algorithm::eddsa, bytes_in(x, "x")});
  else if (secrets && text_in(x, "kty") == "oct"
           && (algorithm.empty() || algorithm == "HS256")
           && bytes_in(x, "k").size() >= secret_bytes_min)
    to.push_back({kid, jwt_algorithm::hs256, bytes_in(x, "k")});
}

result<std::vector<jwt_key>> keys_of_json(std::string_view text, bool secrets) {
  auto read = parse_strict_json(text);
  if (!read || !read->is_object())
    return wrong("it is no JSON object of keys (JWK, JWKS)");
  std::vector<jwt_key> out;
  auto list = read->find("keys");
  if (list != read->end() && list->is_array()) {
    if (list->size() > keys_max)
      return wrong("it has more than " + std::to_string(keys_max) + " keys");
    for (const auto& x : *list)
      add_jwk(x, secrets, out);
  } else {
    add_jwk(*read, secrets, out);
  }
  if (out.empty())
    return wrong(secrets ? "no key in it is of use here: Ed25519, or a secret "
                           "of 32 bytes or more"
                         : "no key in it is of use here: public Ed25519 keys "
                           "are");
  return out;
}

std::string pem_of(EVP_PKEY* key, bool is_private) {
  text_ptr out{BIO_new(BIO_s_mem())};
  if (is_private)
    PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr,
                             nullptr);
  else
    PEM_write_bio_PUBKEY(out.get(), key);
  char* begin = nullptr;
  auto size = BIO_get_mem_data(out.get(), &begin);
  return {begin, static_cast<size_t>(size)};
}

} // namespace

result<std::vector<jwt_key>> keys_of(std::string_view text) {
  if (text.size() > key_text_bytes_max)
    return wrong("it is longer than 256 KiB");
  auto held = trimmed(text);
  if (held.starts_with("-----BEGIN ")) {
    auto key = key_of_pem(held);
    if (!key)
      return key.error();
    return std::vector<jwt_key>{{{}, jwt_algorithm::eddsa, key->public_bytes}};
  }
  if (held.starts_with('{'))
    return keys_of_json(held, true);
  if (held.size() < secret_bytes_min)
    return short_secret();
  return std::vector<jwt_key>{{{}, jwt_algorithm::hs256, held}};
}

result<std::vector<jwt_key>> public_keys_of(std::string_view jwks) {
  if (jwks.size() > key_text_bytes_max)
    return wrong("it is longer than 256 KiB");
  return keys_of_json(jwks, false);
}

result<jwt_signer> signer_of(std::string_view text) {
  auto held = trimmed(text);
  if (held.starts_with("-----BEGIN ")) {
    auto key = key_of_pem(held);
    if (!key)
      return key.error();
    if (key->seed.empty())
      return wrong("it is the public key; tokens are signed with the private "
                   "one");
    return jwt_signer{{}, jwt_algorithm::eddsa, key->seed};
  }
  if (held.starts_with('{')) {
    auto x = parse_strict_json(held);
    if (x && is_public_ed25519(*x) && bytes_in(*x, "d").size() == ed25519_bytes)
      return jwt_signer{text_in(*x, "kid"), jwt_algorithm::eddsa,
                        bytes_in(*x, "d")};
    if (x && text_in(*x, "kty") == "oct"
        && bytes_in(*x, "k").size() >= secret_bytes_min)
      return jwt_signer{text_in(*x, "kid"), jwt_algorithm::hs256,
                        bytes_in(*x, "k")};
    return wrong("it is no JWK to sign with: Ed25519 with `d`, or `oct`");
  }
  if (held.size() < secret_bytes_min)
    return short_secret();
  return jwt_signer{{}, jwt_algorithm::hs256, held};
}

result<key_pair_text> key_pair_of(std::string_view seed) {
  key_ptr key{EVP_PKEY_new_raw_private_key(
    EVP_PKEY_ED25519, nullptr,
    reinterpret_cast<const unsigned char*>(seed.data()), seed.size())};
  if (!key)
    return wrong("a key needs 32 bytes of chance");
  return key_pair_text{pem_of(key.get(), true), pem_of(key.get(), false)};
}

} // namespace troupe::core
