#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "core/time.hpp"

namespace troupe::core {

/// What is kept of the lines of an attempt: the newest. With their stamps.
inline constexpr size_t log_bytes_max = 16 * 1024;
/// The rest of a longer line is cut.
inline constexpr size_t log_line_bytes_max = 2 * 1024;

/// The newest lines of an attempt, as they are stored: "TIME TEXT\n" each, so
/// that plain SQL shows them.
struct kept_log {
  uint64_t left_out = 0; // Lines before these.
  text lines;
};
/// Null: it said nothing.
using kept_log_ptr = std::shared_ptr<const kept_log>;

/// Keeps the newest lines. Secrets are hidden as they come in.
class line_log {
public:
  /// `line` may be several. Returns them as they are kept.
  std::string add(std::string_view line, instant now);
  kept_log_ptr kept() const;

private:
  std::string add_one(std::string_view line, instant now);

  std::deque<std::string> lines_;
  size_t bytes_ = 0;
  uint64_t left_out_ = 0;
};

/// A line as it was kept.
struct log_line {
  uint64_t number = 0; // Within its attempt, from 0.
  std::string at;      // RFC 3339.
  std::string text;
};

/// The kept lines from number `from` on, at most `max`.
std::vector<log_line> lines_of(uint64_t left_out, std::string_view lines,
                               uint64_t from, size_t max);

} // namespace troupe::core
