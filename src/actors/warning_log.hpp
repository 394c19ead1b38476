#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace troupe {

/// The newest warnings of a node, for whoever asks how it is. Thread-safe.
class warning_log {
public:
  /// Others than these are forgotten, the oldest first.
  static constexpr size_t warnings_max = 50;
  /// Of one; the rest is cut.
  static constexpr size_t warning_bytes_max = 1024;

  struct entry {
    std::string text;
    core::instant first;
    core::instant last;
    uint64_t times = 1; // The same words again are one entry.
  };

  void add(std::string text, core::instant now);

  /// The newest last.
  std::vector<entry> all() const;

private:
  mutable std::mutex mutex_;
  std::deque<entry> entries_;
};

} // namespace troupe
