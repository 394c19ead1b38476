#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace troupe::core {

/// UUIDv7 that routes: 48 bits of milliseconds, version, 12 bits **slot**;
/// variant, 10 bits **cell**, 28 bits unique in the shard, 24 bits **number**
/// (0 is the run, 1.. its tasks). Big-endian order is (time, slot, run,
/// number), so a run with its tasks is one key range.
struct id {
  uint64_t high = 0;
  uint64_t low = 0;

  static constexpr uint32_t slots = 4096;
  static constexpr uint32_t number_max = (1u << 24) - 1;

  /// REQUIRES: slot < slots, unique < 2^28.
  static id make(instant time, uint32_t slot, uint32_t unique);

  explicit operator bool() const { return high != 0 || low != 0; }
  auto operator<=>(const id&) const = default;

  uint32_t slot() const { return static_cast<uint32_t>(high & 0xfff); }
  uint32_t number() const { return static_cast<uint32_t>(low & number_max); }
  id run() const { return {high, low & ~uint64_t{number_max}}; }
  /// REQUIRES: number <= number_max.
  id with(uint32_t number) const { return {high, run().low | number}; }
};

/// The usual text, 36 characters, lower case.
std::string to_string(id x);

/// Takes the usual text in any case.
std::optional<id> id_from(std::string_view text);

/// 16 bytes, big-endian: the key in the store.
std::string to_bytes(id x);
id id_from_bytes(std::string_view bytes);

/// The slot of a name (FNV-1a), for work that must meet at one shard.
uint32_t slot_of(std::string_view workspace, std::string_view key);

} // namespace troupe::core

template <>
struct std::hash<troupe::core::id> {
  size_t operator()(const troupe::core::id& x) const noexcept {
    // The low bits of both halves vary least where it matters; mix them.
    auto h = x.high * 0x9e3779b97f4a7c15ull ^ x.low * 0xc2b2ae3d27d4eb4full;
    return static_cast<size_t>(h ^ (h >> 29));
  }
};
