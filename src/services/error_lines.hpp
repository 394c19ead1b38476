#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::services {

struct error_lines_limits {
  size_t line_bytes_max = 8 * 1024;  // The rest of a longer line is dropped.
  uint32_t lines_per_second = 100;   // Of the log, on average ...
  uint32_t lines_burst = 200;        // ... and at once.
  size_t tail_bytes_max = 64 * 1024; // What `tail` keeps.
  size_t last_lines_max = 10;        // What `last_lines` keeps.
};

struct progress_note {
  double fraction = 0; // 0..1
  std::string note;
  bool operator==(const progress_note&) const = default;
};

/// What the stderr of a process says: progress where a line is a JSON object
/// with a number `progress`, a line of the log otherwise. Everything it gives
/// is valid UTF-8. Knows no clock: callers pass `now`.
class error_lines {
public:
  using time_point = std::chrono::steady_clock::time_point;

  struct found {
    std::vector<std::string> log;
    std::optional<progress_note> progress; // The newest.
  };

  /// `hidden` are values that nothing it gives has in it.
  explicit error_lines(error_lines_limits limits = {},
                       std::vector<std::string> hidden = {});

  found take(std::string_view bytes, time_point now);

  /// The last line, if nothing ended it, and what was dropped.
  found finish(time_point now);

  /// The end of all that was written, progress included.
  std::string tail() const;

  /// The last lines of the log, dropped ones included.
  std::string last_lines() const;

private:
  void end_line(found& into, time_point now);
  bool allowed(time_point now);
  void add_dropped(found& into);

  error_lines_limits limits_;
  std::vector<std::string> hidden_;
  std::string line_;
  bool cut_ = false; // `line_` has reached its limit.
  std::string tail_;
  std::deque<std::string> last_;
  double tokens_;
  std::optional<time_point> refilled_;
  uint64_t dropped_ = 0;
};

/// `text` with every byte that is no UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

} // namespace troupe::services
