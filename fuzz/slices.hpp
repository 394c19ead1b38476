#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace troupe::fuzz {

/// Values out of any bytes, from their beginning; zeros when they are used up.
class slices {
public:
  explicit slices(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T number() {
    T x{};
    auto part = take(sizeof x);
    if (!part.empty())
      std::memcpy(&x, part.data(), part.size());
    return x;
  }

  /// 0 to n - 1.
  uint8_t below(uint8_t n) {
    return static_cast<uint8_t>(number<uint8_t>() % n);
  }

  /// A length in one byte, then as many bytes.
  std::string text(uint8_t size_max) {
    return std::string{take(below(static_cast<uint8_t>(size_max + 1)))};
  }

private:
  std::string_view take(size_t n) {
    auto part = rest_.substr(0, n);
    rest_.remove_prefix(part.size());
    return part;
  }

  std::string_view rest_;
};

} // namespace troupe::fuzz
