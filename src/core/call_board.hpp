#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/allocation.hpp"
#include "core/ranked_heap.hpp"

namespace troupe::core {

/// When it is whose turn: the workspace that had the least of its share, then
/// the best rank, then the id.
struct turn {
  uint64_t pass = 0; // The workspace's virtual time.
  int64_t rank = 0;
  id task;
  auto operator<=>(const turn&) const = default;
};

/// Whose turn it is, among the classes that can be served now.
///
/// A lane is one workspace's classes with one lineup. While its lineup has no
/// free agent it waits there; when the lineup opens, lanes are called from it
/// one by one, as their turn comes, into their workspace's list. So a freed
/// agent costs a look at the few lanes that may get it, however many wait.
///
/// A workspace's pass only grows, so a waiting lane's turn may be stored too
/// early, never too late: it is called too early then, and takes its right
/// place in its workspace.
class call_board {
public:
  explicit call_board(uint32_t credit_max) : credit_max_(credit_max) {}

  // -- workspaces

  /// The number of that workspace; it is made if it is new.
  uint32_t workspace(const text& name);

  /// REQUIRES: the share has no problems. Kept until another one is given.
  void share(const text& name, workspace_share to);

  bool capped(uint32_t ws) const;
  const workspace_share& share_of(uint32_t ws) const {
    return workspaces_[ws].share;
  }

  /// A task of it started: charged to its share, counted against its cap.
  void started(uint32_t ws, bool charge);
  void ended(uint32_t ws);

  // -- lanes

  /// The lane of these two. As many calls to `drop` end it.
  uint32_t lane(uint32_t ws, uint32_t line);
  void drop(uint32_t lane);

  uint32_t workspace_of(uint32_t lane) const { return lanes_[lane].ws; }

  /// This class waits in the lane, with this task first.
  void stand(uint32_t lane, uint32_t owner, int64_t rank, id task);

  /// This class has no task, or is stopped by a limit.
  void leave(uint32_t lane, uint32_t owner);

  // -- calls

  void open(uint32_t line);
  void close(uint32_t line);

  /// The class whose turn it is. It stays there.
  std::optional<uint32_t> next();

  /// Calls so far: what a decision costs.
  uint64_t steps() const { return steps_; }

private:
  struct class_place {
    int64_t rank = 0;
    id task;
    uint32_t owner = nowhere;
  };

  struct turn_place {
    turn at;
    uint32_t owner = nowhere;
  };

  enum class where : uint8_t { nowhere, waiting, called };

  struct lane_state {
    uint32_t ws = nowhere;
    uint32_t line = nowhere;
    uint32_t users = 0;
    ranked_heap<class_place> classes;
    where at = where::nowhere;
    uint32_t place = nowhere;      // In the line's or the workspace's heap.
    uint32_t call_index = nowhere; // In the line's `called`.
  };

  struct line_state {
    ranked_heap<turn_place> waiting; // Lanes.
    std::vector<uint32_t> called;    // Lanes.
    bool open = false;
    uint32_t place = nowhere; // In `lines_open_`.
  };

  struct workspace_state {
    text name;
    workspace_share share;
    bool configured = false;
    uint64_t pass = 0;
    uint64_t stride = 0;
    uint32_t lanes = 0;
    uint32_t standing = 0; // Classes in its lanes.
    uint32_t running = 0;
    ranked_heap<turn_place> called; // Lanes.
    uint32_t place = nowhere;       // In `turns_`.
  };

  struct by_class;
  struct by_lane;
  struct by_line;
  struct by_workspace;

  turn turn_of(const lane_state& x) const;
  void settle_lane(uint32_t lane);
  void remove_lane(uint32_t lane);
  void wait(uint32_t lane);
  void call(uint32_t lane);
  void settle_line(uint32_t line);
  void settle_workspace(uint32_t ws);
  void forget_if_unused(uint32_t ws);

  uint32_t credit_max_;
  uint64_t pass_ = 0; // Of whoever was served last, never back.
  std::vector<workspace_state> workspaces_;
  std::vector<uint32_t> free_workspaces_;
  std::map<std::string, uint32_t, std::less<>> by_name_;
  std::vector<lane_state> lanes_;
  std::vector<uint32_t> free_lanes_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> by_pair_;
  std::vector<line_state> lines_;      // By lineup.
  std::vector<uint32_t> class_places_; // By class, in its lane.
  ranked_heap<turn_place> turns_;      // Workspaces with called lanes.
  ranked_heap<turn_place> lines_open_; // Open lines with waiting lanes.
  uint64_t steps_ = 0;
};

} // namespace troupe::core
