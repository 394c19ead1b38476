#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/allocation.hpp"
#include "core/ranked_heap.hpp"

namespace troupe::core {

/// Scores are compared as whole billionths, so that equal ones are equal.
inline constexpr double points_max = 1e9;

inline int32_t to_points(double share) {
  return static_cast<int32_t>(std::llround(share * points_max));
}

/// What changes about an agent with every task: half a cache line.
struct pulse {
  uint64_t last_used = 0; // Counts assignments; 0: never.
  int32_t load_points = 0;
  uint32_t tie = 0; // Cost, then region: lower is better.
  uint32_t load = 0;
  uint32_t load_max = 0;
  uint32_t version = 0; // Grows when a base of the agent changes.
  bool healthy = false;

  bool free() const { return healthy && load < load_max; }
  double free_share() const {
    return load < load_max ? 1 - static_cast<double>(load) / load_max : 0;
  }
};

/// An agent's place in one lineup. `points` and `last_used` repeat its entry in
/// the heap, so that a release need not look for it there.
struct seat {
  uint32_t line = nowhere; // Nowhere: this number is free.
  uint32_t member = 0;     // Index in the lineup's members.
  int32_t base = 0;        // Points without the load's.
  int32_t points = -1;     // -1: not free, no entry.
  uint64_t last_used = 0;
};

/// What the lineups need to know of all agents; owned by the ensemble. Apart
/// from the rest of an agent, so that decisions touch little memory.
struct agent_board {
  std::vector<pulse> pulses;
  std::vector<text> names;
  std::vector<std::vector<seat>> seats; // Their numbers are stable.
};

/// What the parts of a score are made of, but for the load.
struct fit {
  double capability = 0;
  double performance = 0;
  bool specialised = false;
};

/// The agents that can do one kind of work, best first.
///
/// The heap holds the free ones. An assignment makes an agent worse everywhere,
/// a release better; the heap hears of what gets better at once and of what
/// gets worse when the entry reaches the top. So no entry is worse than its
/// agent, and a top that is still right is the best of all.
class lineup {
public:
  struct member {
    uint32_t agent = 0;
    uint32_t seat = 0;
    fit how;
  };

  struct rival {
    uint32_t agent = nowhere;
    int32_t points = 0;
  };

  const std::vector<member>& members() const { return members_; }

  /// Adds a member, which is not free yet. Its seat has line and base.
  void add(agent_board& all, uint32_t agent, uint32_t seat, const fit& how);

  /// Takes a member out.
  void remove(agent_board& all, uint32_t at);

  /// The agent is free, and may have got better. Returns true if it is the only
  /// free one.
  bool raise(agent_board& all, uint32_t agent, seat& own);

  /// The agent is not free any more. Returns true if it was the last one.
  bool withdraw(agent_board& all, seat& own);

  /// The agent's base changed, up or down, and so did its version.
  void rebase(agent_board& all, seat& own, int32_t base, const fit& how);

  bool has_free() const { return !heap_.empty(); }

  /// The best free agent's index in `members`. REQUIRES: has_free().
  uint32_t best(agent_board& all);

  /// The next best. REQUIRES: `best`, then `second`, were called just before
  /// and found one.
  rival second(agent_board& all);
  rival third(agent_board& all);

  /// Entries looked at so far: what a decision costs.
  uint64_t steps() const { return steps_; }

private:
  struct entry {
    int32_t points = 0;
    uint32_t tie = 0;
    uint64_t last_used = 0;
    uint32_t agent = nowhere;
    uint32_t member = 0;
    int32_t base = 0;
    uint32_t version = 0;
  };

  struct order;

  bool settle(agent_board& all, uint32_t place);
  rival pick(agent_board& all, bool deep);

  std::vector<member> members_;
  std::vector<uint32_t> places_; // Of the members, in the heap.
  ranked_heap<entry> heap_;
  uint32_t second_ = 0; // The place of the second best.
  uint64_t steps_ = 0;
};

} // namespace troupe::core
