#include "core/hmac.hpp"

#include <memory>

#include <openssl/evp.h>

namespace troupe::core {

std::string hmac_sha256(std::string_view secret, std::string_view text) {
  auto bytes = [](std::string_view x) {
    return reinterpret_cast<const unsigned char*>(x.data());
  };
  std::string out(32, '\0');
  size_t size = out.size();
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
    EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, nullptr, bytes(secret),
                                 secret.size()),
    &EVP_PKEY_free};
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state{
    EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  auto done =
    key && state
    && EVP_DigestSignInit(state.get(), nullptr, EVP_sha256(), nullptr,
                          key.get())
         == 1
    && EVP_DigestSign(state.get(), reinterpret_cast<unsigned char*>(out.data()),
                      &size, bytes(text), text.size())
         == 1;
  return done && size == out.size() ? out : std::string{};
}

} // namespace troupe::core
