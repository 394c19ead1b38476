#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

// A target is a function of bytes. It must not crash, hang or grow, and what it
// checks beyond that holds for all bytes, or `must` ends the process.

namespace troupe::fuzz {

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void must(bool holds, const char* what) {
  if (holds)
    return;
  std::cerr << "broken: " << what << '\n';
  std::abort();
}

} // namespace troupe::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
