#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/plan.hpp"
#include "sim/world.hpp"

namespace troupe::sim {

struct seed_range {
  uint64_t first = 1;
  uint64_t count = 1;
  uint32_t processes = 0; // Of their own, side by side; 0: in this one.
  /// 0: no end. Beyond it no further seed is begun.
  std::chrono::milliseconds time_max{0};
  fault_set faults;
  std::vector<nlohmann::json> own; // Workflows to use instead of random ones.
};

/// What became of many seeds.
struct seeds_report {
  uint64_t played = 0;
  report sum; // `broken` and `story` are not used.
  struct bad {
    uint64_t seed = 0;
    std::string broken;
  };
  std::vector<bad> bad_seeds; // In order.
  /// Why some were not played at all; empty: nothing was in the way.
  std::string trouble;
};

/// Plays them all. A seed that ends its process is a bad one, too.
seeds_report play_seeds(const seed_range& what);

} // namespace troupe::sim
