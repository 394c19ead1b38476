#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "core/id.hpp"

namespace troupe::core {

/// A line of what a pass tells of itself.
struct queue_log_entry {
  id task;
  std::string status;
  uint64_t duration_ms = 0;
  std::string error;     // Empty: none.
  std::string code = {}; // Of the contract, where it has one for that.
};

/// One working of a queue: what was ready at its start, some at a time, until
/// each has ended or waits again. Knows no clock and no actor.
class queue_pass {
public:
  /// `ready` in the order in which they are to be worked.
  queue_pass(const std::vector<id>& ready, uint32_t at_once);

  /// What is to be released now.
  std::vector<id> take();
  /// How often something began or ended: as long as it grows, it goes on.
  uint64_t moves() const { return moves_; }

  bool waits_for(id task) const { return open_.count(task) > 0; }
  std::vector<id> open() const { return {open_.begin(), open_.end()}; }

  /// `what.task` has ended or waits again. Ignored where nobody waits for it.
  void ended(queue_log_entry what);

  /// It is not for this pass any more.
  void forget(id task) { open_.erase(task); }

  bool over() const { return open_.empty() && next_.empty(); }

  /// Gives up what is open, after nothing was heard for too long: what it
  /// gives up goes on without it, what is not released stays as it is.
  void give_up(const std::string& why);

  const std::vector<queue_log_entry>& log() const { return log_; }
  uint64_t completed() const { return completed_; }
  uint64_t failed() const { return failed_; }

private:
  std::deque<id> next_;
  std::set<id> open_; // Released, and not heard of since.
  uint32_t at_once_;
  std::vector<queue_log_entry> log_;
  uint64_t completed_ = 0;
  uint64_t failed_ = 0;
  uint64_t moves_ = 0;
};

} // namespace troupe::core
