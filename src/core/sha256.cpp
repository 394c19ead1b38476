#include "core/sha256.hpp"

#include <array>
#include <cassert>

#include <openssl/evp.h>

namespace troupe::core {

void sha256::freer::operator()(evp_md_ctx_st* x) const {
  EVP_MD_CTX_free(x);
}
void sha256::freer::operator()(evp_md_st* x) const {
  EVP_MD_free(x);
}

sha256::sha256()
  : kind_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), state_(EVP_MD_CTX_new()) {
  assert(kind_ && state_);
  start();
}

sha256::~sha256() = default;

void sha256::start() {
  [[maybe_unused]] auto done =
    EVP_DigestInit_ex2(state_.get(), kind_.get(), nullptr);
  assert(done == 1);
}

sha256& sha256::add(std::string_view bytes) {
  EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size());
  return *this;
}

sha256& sha256::add(uint64_t number) {
  std::array<char, 8> bytes;
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(number >> (56 - 8 * i));
  return add(std::string_view{bytes.data(), bytes.size()});
}

std::string sha256::finish() {
  std::string bytes(32, '\0');
  EVP_DigestFinal_ex(state_.get(),
                     reinterpret_cast<unsigned char*>(bytes.data()), nullptr);
  start();
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (auto c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  return to_hex(sha256{}.add(bytes).finish());
}

} // namespace troupe::core
