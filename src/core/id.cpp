#include "core/id.hpp"

#include <cassert>

namespace troupe::core {

namespace {

constexpr uint64_t version_bits = 0x7000;
constexpr uint64_t variant_bits = 0x8000000000000000ull;

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool is_dash(size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

} // namespace

id id::make(instant time, uint32_t slot, uint32_t unique) {
  assert(slot < slots && unique < (1u << 28));
  auto ms = static_cast<uint64_t>(to_us(time) / 1000);
  return {ms << 16 | version_bits | slot,
          variant_bits | uint64_t{unique} << 24};
}

std::string to_string(id x) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(36, '-');
  int shift = 124;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_dash(i))
      continue;
    auto half = shift >= 64 ? x.high : x.low;
    text[i] = digits[half >> (shift % 64) & 0xf];
    shift -= 4;
  }
  return text;
}

std::optional<id> id_from(std::string_view text) {
  if (text.size() != 36)
    return std::nullopt;
  id x;
  int shift = 124;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_dash(i)) {
      if (text[i] != '-')
        return std::nullopt;
      continue;
    }
    auto value = hex_value(text[i]);
    if (value < 0)
      return std::nullopt;
    auto& half = shift >= 64 ? x.high : x.low;
    half |= static_cast<uint64_t>(value) << (shift % 64);
    shift -= 4;
  }
  return x;
}

std::string to_bytes(id x) {
  std::string bytes(16, '\0');
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(x.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<char>(x.low >> (56 - 8 * i));
  }
  return bytes;
}

id id_from_bytes(std::string_view bytes) {
  assert(bytes.size() == 16);
  id x;
  for (int i = 0; i < 8; ++i) {
    x.high = x.high << 8 | static_cast<uint8_t>(bytes[i]);
    x.low = x.low << 8 | static_cast<uint8_t>(bytes[8 + i]);
  }
  return x;
}

uint32_t slot_of(std::string_view workspace, std::string_view key) {
  uint64_t hash = 0xcbf29ce484222325ull;
  auto mix = [&hash](char c) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ull;
  };
  for (char c : workspace)
    mix(c);
  mix('\0');
  for (char c : key)
    mix(c);
  return static_cast<uint32_t>((hash ^ hash >> 32) % id::slots);
}

} // namespace troupe::core
