#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "runtime/watcher.hpp"

namespace troupe::runtime {

/// Beyond it a new follower is told that there are too many.
inline constexpr size_t watchers_max = 10'000;

/// The number that a shard's next fact will have, which is not below `from`.
core::result<uint64_t> end_of_history(core::store_reader& store, uint32_t shard,
                                      uint64_t from);

/// Passes what happens on to all followers. It listens to the feed while there
/// are any; what is said of a fact is made once for all of them. Whose a run
/// is, a reader looks up once; until it knows, what comes for the followers of
/// all runs waits, so that their order stays. Thread-safe.
class live_hub : public std::enable_shared_from_this<live_hub> {
public:
  struct ports {
    uint32_t shards = 1;
    /// False: there is no feed now.
    std::function<bool(feed_callback)> follow_feed;
    /// A job for some reader; `lost` is called where it was lost.
    std::function<void(read_job, std::function<void()> lost)> read;
  };

  explicit live_hub(ports with);

  /// From when `then` is called on, `who` is told everything that the store
  /// does not have by then. Not called where `who` was told that it is lost.
  void join(watcher_ptr who, std::function<void()> then);

private:
  struct pending {
    watcher_ptr who;
    std::function<void()> then;
  };
  using owners = std::map<core::id, run_owner>; // Nobody's: empty names.

  /// The feed's hold on us: its end tells that the feed is gone.
  struct tie {
    std::weak_ptr<live_hub> hub;
    uint64_t life = 0;
    ~tie();
  };

  bool attach();
  bool on_feed(const feed_batch& what, uint64_t life);
  void feed_is_gone(uint64_t life);
  void lose_all(const std::string& why);
  std::vector<std::function<void()>> admit();
  void admit_and_call(std::unique_lock<std::mutex>& guard);
  void sweep();

  void find_place(std::unique_lock<std::mutex>& guard);
  void placed_at(core::result<core::positions> ends, uint64_t life);
  void tell_runs(const feed_batch& what);
  void tell_one_run(const happening& x, core::id run);
  void go_on(std::unique_lock<std::mutex>& guard);
  void learn(const std::set<core::id>& asked, core::result<owners> found,
             uint64_t life);
  bool tell_all(const feed_batch& what);
  void tell_workspaces(const happening& x, const run_owner& whose);
  uint32_t shard_of(core::id x) const;

  std::mutex mutex_;
  const ports ports_;
  uint64_t life_ = 0; // Grows with each feed that we listen to.
  bool attached_ = false;
  bool attaching_ = false;
  std::list<pending> pending_;
  std::multimap<core::id, watcher_ptr> of_runs_;
  std::list<watcher_ptr> of_all_;
  size_t swept_at_ = 64; // Followers at which those that have gone are sought.
  // For followers of all runs.
  bool placed_ = false;
  bool placing_ = false;
  core::positions next_;
  owners known_;
  std::deque<feed_batch> waiting_;
  bool asking_ = false;
};

} // namespace troupe::runtime
