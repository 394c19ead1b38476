#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

namespace troupe::sim {

/// Mixes a number into a hash; the same on every machine and in every build.
constexpr uint64_t mix(uint64_t hash, uint64_t x) {
  hash ^= x + 0x9e3779b97f4a7c15ull + (hash << 6) + (hash >> 2);
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ull;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebull;
  return hash ^ (hash >> 31);
}

constexpr uint64_t mix(uint64_t hash, std::string_view text) {
  for (auto c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return mix(hash, text.size());
}

/// Where every draw of a simulation comes from (splitmix64). Not the standard's
/// distributions: those differ between libraries.
class chance {
public:
  explicit chance(uint64_t seed) : state_(mix(seed, 0x7472)) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ull;
    auto z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  /// Below `n`. REQUIRES: n > 0.
  uint64_t below(uint64_t n) { return next() % n; }

  /// From `low` to `high`, both included.
  uint64_t between(uint64_t low, uint64_t high) {
    return low + below(high - low + 1);
  }

  /// True in `percent` of 100 cases.
  bool in_hundred(uint32_t percent) { return below(100) < percent; }

  template <class T>
  T one_of(std::initializer_list<T> list) {
    return list.begin()[below(list.size())];
  }

  /// In [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  template <class List>
  auto& one_of(List& list) {
    return list[static_cast<size_t>(below(std::size(list)))];
  }

private:
  uint64_t state_;
};

} // namespace troupe::sim
