#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// How long silent neighbours are waited for: 2 s, counted in looks and not in
/// time. A node that was stopped for a while (a frozen container, a starved
/// machine, a debugger) finds the time gone and the answers in its mailbox: it
/// must not take its own silence for theirs.
class patience {
public:
  static constexpr std::chrono::milliseconds look_interval{50};
  static constexpr uint32_t looks_max = 40;

  /// One look at who has not answered. True: they are waited for no longer.
  bool runs_out() { return ++looks_ >= looks_max; }

private:
  uint32_t looks_ = 0;
};

} // namespace troupe
