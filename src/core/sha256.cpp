#include "core/sha256.hpp"

#include <array>
#include <cassert>

#include <openssl/evp.h>

namespace troupe::core {

std::string sha256_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  auto good = EVP_Digest(bytes.data(), bytes.size(), sum.data(), &size,
                         EVP_sha256(), nullptr);
  assert(good == 1 && size == 32); // It can fail for want of memory only.
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[sum[i] >> 4];
    out += digits[sum[i] & 15];
  }
  return out;
}

} // namespace troupe::core
