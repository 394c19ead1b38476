#include "mcp/seal.hpp"

#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/hmac.hpp"

namespace troupe::mcp {

namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string to_base64(std::string_view bytes) {
  std::vector<unsigned char> out(bytes.size() / 3 * 4 + 5);
  auto size = EVP_EncodeBlock(out.data(), bytes_of(bytes),
                              static_cast<int>(bytes.size()));
  return {out.begin(), out.begin() + size};
}

std::string proof_of(std::string_view secret, std::string_view purpose,
                     std::string_view text) {
  // A zero ends the purpose, which therefore cannot run into the text.
  auto both = std::string{purpose} + '\0' + std::string{text};
  return core::hmac_sha256(secret, both);
}

} // namespace

std::string seal(std::string_view secret, std::string_view purpose,
                 std::string_view text) {
  return to_base64(text) + "." + to_base64(proof_of(secret, purpose, text));
}

std::optional<std::string> unseal(std::string_view secret,
                                  std::string_view purpose,
                                  std::string_view sealed) {
  auto dot = sealed.find('.');
  if (dot == sealed.npos)
    return std::nullopt;
  auto text = from_base64(sealed.substr(0, dot));
  auto proof = from_base64(sealed.substr(dot + 1));
  if (!text || !proof)
    return std::nullopt;
  auto wanted = proof_of(secret, purpose, *text);
  if (wanted.empty() || proof->size() != wanted.size()
      || CRYPTO_memcmp(proof->data(), wanted.data(), wanted.size()) != 0)
    return std::nullopt;
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "abcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t padding = 0;
  while (padding < 2 && padding < text.size()
         && text[text.size() - 1 - padding] == '=')
    ++padding;
  // The library skips blanks around the text, which are no base64.
  if (text.substr(0, text.size() - padding).find_first_not_of(digits)
      != text.npos)
    return std::nullopt;
  std::vector<unsigned char> out(text.size() / 4 * 3 + 1);
  auto size =
    EVP_DecodeBlock(out.data(), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0)
    return std::nullopt;
  return std::string{out.begin(),
                     out.begin() + size - static_cast<long>(padding)};
}

} // namespace troupe::mcp
