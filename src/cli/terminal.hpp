#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::cli {

enum class look : uint8_t { plain, title, chosen, faint, warning };

/// One line of a screen, cut to its width.
struct screen_line {
  std::string text;
  look how = look::plain;
  bool operator==(const screen_line&) const = default;
};

struct screen_size {
  size_t rows = 24;
  size_t columns = 80;
};

/// A whole terminal that a verb draws on and gets keys from.
class full_screen {
public:
  virtual ~full_screen() = default; // The terminal is as it was before.

  /// As it is now: people change it.
  virtual screen_size size() = 0;

  virtual void show(const std::vector<screen_line>& lines) = 0;

  /// The next key, a character or a name ("up", "page_down", "escape"); empty
  /// where none comes in time, "end" when the program is to end.
  virtual std::string key(std::chrono::milliseconds wait) = 0;
};

/// Standard input and output as such; null where they are no terminal. It is
/// given back on every way out but kill -9: also by signals, crashes and ^Z.
std::unique_ptr<full_screen> open_full_screen(bool colour);

/// The first key of what a terminal sent, taken out of `bytes`; empty: none.
std::string take_key(std::string& bytes);

} // namespace troupe::cli
