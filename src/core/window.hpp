#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/id.hpp"
#include "core/workflow.hpp"

// Which runs are live and which are rows of the backlog. Pure.

namespace troupe::core {

/// How much of a shard's work is live. Valid as it stands.
struct window_options {
  /// Ready tasks of a shard that are actors, all lanes together. About 2 KiB
  /// each.
  uint32_t ready_max = 10'000;
  /// Of one lane: so that tasks that nobody can do leave room for others.
  uint32_t lane_max = 5'000;
  /// What every lane may have, however full the window is.
  uint32_t lane_floor = 32;
};

/// A lane is (workspace, needs, priority): tasks of one lane are as good as
/// each other, but for their age.
using lane_key = std::string;

lane_key lane_of(std::string_view workspace, const needs& need,
                 uint8_t priority);

/// How many tasks of a run are ready in a lane.
struct lane_count {
  lane_key lane;
  uint32_t count = 0;
};

class window {
public:
  explicit window(window_options opts) : opts_(opts) {}

  /// Whether tasks of these lanes may become live now, when older ones of the
  /// same lanes do not wait already.
  bool room_for(const std::vector<lane_count>& lanes) const;
  /// Ready tasks have become live, or ended being ready.
  void enter(const lane_key& lane, uint32_t n);
  void leave(const lane_key& lane, uint32_t n);

  /// A run becomes a row. It waits in each of its lanes.
  void park(id run, instant since, std::vector<lane_count> lanes);
  /// Forgets a parked run (cancelled, or loaded by a command). False: it was
  /// not parked.
  bool forget(id run);
  /// The next run to load, if there is room in a lane: oldest first within a
  /// lane, emptiest lane first. It is no longer parked, and its place is kept
  /// until it has arrived.
  std::optional<id> next();
  /// That run is loaded, or will never be. No effect on others.
  void arrived(id run);

  /// Whether anything of a workspace is ready: live, or a row.
  bool has_work_of(std::string_view workspace) const;

  uint64_t parked() const { return runs_.size(); }
  uint64_t parked_tasks() const { return parked_tasks_; }
  uint64_t live() const { return live_; }

private:
  struct lane {
    uint64_t live = 0;
    std::set<std::pair<instant, id>> waiting;
  };
  struct parked_run {
    instant since;
    std::vector<lane_count> lanes;
  };

  bool open(const lane& x) const;
  void drop_if_idle(std::map<lane_key, lane>::iterator pos);

  window_options opts_;
  std::map<lane_key, lane> lanes_;
  std::map<id, parked_run> runs_;
  std::map<id, std::vector<lane_count>> coming_;
  uint64_t live_ = 0;
  uint64_t parked_tasks_ = 0;
};

} // namespace troupe::core
