#include "core/queue_pass.hpp"

#include <algorithm>
#include <utility>

namespace troupe::core {

queue_pass::queue_pass(const std::vector<id>& ready, uint32_t at_once)
  : next_(ready.begin(), ready.end()), at_once_(std::max(1u, at_once)) {}

std::vector<id> queue_pass::take() {
  std::vector<id> out;
  while (!next_.empty() && open_.size() < at_once_) {
    auto task = next_.front();
    next_.pop_front();
    if (open_.insert(task).second)
      out.push_back(task);
  }
  moves_ += out.size();
  return out;
}

void queue_pass::ended(queue_log_entry what) {
  if (open_.erase(what.task) == 0)
    return;
  ++moves_;
  completed_ += what.status == "completed";
  failed_ += what.status == "failed";
  log_.push_back(std::move(what));
}

void queue_pass::give_up(const std::string& why) {
  for (auto task : std::exchange(open_, {}))
    log_.push_back({task, "in_progress", 0, why});
  next_.clear();
}

} // namespace troupe::core
