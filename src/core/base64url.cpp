#include "core/base64url.hpp"

#include <cstdint>

namespace troupe::core {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789-_";

} // namespace

std::string to_base64url(std::string_view bytes) {
  std::string out;
  uint32_t kept = 0;
  int bits = 0;
  for (auto c : bytes) {
    kept = (kept << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6)
      out += digits[(kept >> (bits - 6)) & 63];
  }
  if (bits > 0)
    out += digits[(kept << (6 - bits)) & 63];
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  uint32_t kept = 0;
  int bits = 0;
  for (auto c : text) {
    auto value = digits.find(c);
    if (value == digits.npos)
      return std::nullopt;
    kept = (kept << 6) | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((kept >> bits) & 255);
    }
  }
  auto unused = kept & ((1u << bits) - 1);
  if (bits >= 6 || unused != 0)
    return std::nullopt;
  return out;
}

} // namespace troupe::core
