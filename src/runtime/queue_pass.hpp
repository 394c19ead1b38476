#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "core/queue_pass.hpp"
#include "runtime/task_queue.hpp"

namespace troupe::runtime {

/// One pass over a workspace's queue: reads what is ready, releases some at a
/// time, follows their ends through the feed. Any thread; what it waits for
/// keeps it alive.
class queue_pass_run : public std::enable_shared_from_this<queue_pass_run> {
public:
  queue_pass_run(std::shared_ptr<task_queue> queue,
                 task_queue::pass_order order, task_queue::call then);

  void start();

  /// Ends it where nothing began or ended for `patience`: a task may wait for a
  /// person, or for an agent that does not come. False: it is over.
  bool end_if_stuck(core::instant now, core::duration patience);

private:
  /// What the feed says of a task.
  struct news {
    core::id task;
    core::instant at;
    core::fact_kind kind;
    std::string detail;
  };

  void found(std::vector<core::task_row> rows, core::instant now);
  bool follow();
  bool heard(const feed_batch& what);
  void look_at(std::vector<news> all);
  void look_again();
  void read_open();
  void drop(core::id task);
  void release_more();
  void hold_back(const core::task_row& row);
  void go_on();
  void finish();
  void fail(failure why);
  void tell_after(bool worked);
  core::api_answer report(uint64_t queued) const;

  std::shared_ptr<task_queue> queue_;
  task_queue::pass_order order_;
  task_queue::call then_;
  mutable std::mutex mutex_;
  core::queue_pass pass_;
  std::set<std::string> missing_;           // Agents that nobody is.
  std::vector<core::queue_log_entry> left_; // Tasks that wait for those.
  std::atomic<uint32_t> feeds_lost_{0};
  bool over_ = false;
  uint64_t moves_seen_ = 0; // Since when nothing began or ended.
  core::instant moved_at_ = core::no_instant;
};

} // namespace troupe::runtime
