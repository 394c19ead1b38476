#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// Directed graphs over 0..n-1, given as a list of predecessors for each.

namespace troupe::core {

using adjacency = std::vector<std::vector<uint32_t>>;

inline constexpr size_t cycles_max = 20;

struct sorted_graph {
  /// A topological order: by level, and by number within what became free
  /// together. Without cycles it has all of them.
  std::vector<uint32_t> order;
  /// At most `cycles_max` that share no member, each as the path from its
  /// lowest member along predecessors, e.g. {0, 2} where 0 waits for 2 and 2
  /// for 0.
  std::vector<std::vector<uint32_t>> cycles;
};

/// Linear time. REQUIRES: no number twice in one list of predecessors.
sorted_graph sort_graph(const adjacency& predecessors);

/// Whether each `wanted` pair (node, ancestor) holds: there is a path from
/// ancestor to node. Calls `missing(index in wanted)` where there is none.
/// 64 ancestors are followed at once, so that many pairs stay cheap.
struct ancestry {
  uint32_t node;
  uint32_t ancestor;
};
void check_ancestry(const adjacency& predecessors,
                    const std::vector<uint32_t>& order,
                    const std::vector<ancestry>& wanted,
                    const std::function<void(size_t)>& missing);

} // namespace troupe::core
