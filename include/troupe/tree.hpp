#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Where a child is in its life. These numbers travel: append, never renumber.
enum class child_state : uint8_t {
  starting = 0, // Waits for its turn, or was started and is not ready yet.
  running,
  backing_off, // Failed; its restart is planned.
  stopping,    // Was asked to end, or its former life has not ended yet.
  stopped,     // Ended and needs no restart.
  failed,      // Given up; `last_error` says why.
};

std::string_view to_string(child_state state);

/// A piece of the live tree, as its supervisor saw it when it was asked.
struct tree_node {
  std::string name; // The id in the child's spec.
  uint64_t id = 0;  // The actor's id; 0 while there is none.
  std::string kind; // "supervisor", "worker", or what the spec says.
  child_state state = child_state::stopped;
  uint32_t restarts = 0;   // Since the supervisor started.
  uint64_t generation = 0; // Grows with every life, never returns.
  std::string last_error;  // Why the last life ended; empty at first.
  /// UTC; zero where the supervisor was given no calendar clock.
  std::chrono::sys_time<std::chrono::microseconds> started_at{};
  std::chrono::microseconds uptime{0};
  /// It did not answer in time: what stands here is its parent's knowledge.
  bool silent = false;
  uint64_t children_total = 0;     // May be more than are listed.
  std::vector<tree_node> children; // The first `tree_query::children_max`.
};

/// How to ask for the tree.
struct tree_query {
  /// The whole answer is due then; each level keeps a fifth for itself.
  std::chrono::microseconds deadline = std::chrono::milliseconds{500};
  /// Children listed per supervisor; the rest is only counted.
  uint32_t children_max = 100;
};

/// The tree as one JSON document, keys as in `tree_node`.
std::string to_json(const tree_node& root);

} // namespace troupe
