#pragma once

#include <string>

namespace troupe::core {

/// At most that many bytes; cut before a character of UTF-8, not within it.
inline void cut_text(std::string& text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return;
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u)
    --end;
  text.resize(end);
}

/// At most that many bytes of its end, where a program says why it gave up,
/// behind "... "; never from within a character of UTF-8.
inline std::string end_of_text(std::string text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text;
  auto begin = text.size() - bytes_max;
  while (begin < text.size()
         && (static_cast<unsigned char>(text[begin]) & 0xc0u) == 0x80u)
    ++begin;
  return "... " + text.substr(begin);
}

} // namespace troupe::core
