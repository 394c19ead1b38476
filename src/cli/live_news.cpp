#include "cli/live_news.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace troupe::cli {

/// It may outlive the verb: the stream's thread has it, too.
struct live_news::box {
  std::mutex mutex;
  std::condition_variable arrived;
  bool news = false;
  bool streams = false;
  bool open = true;

  /// False: nobody listens any more.
  bool put(const core::watch_event& event) {
    std::lock_guard guard{mutex};
    news = news || !event.json.empty();
    streams = streams && !event.last;
    arrived.notify_one();
    return open;
  }
};

live_news::live_news(verb_call& call)
  : call_(call), box_(std::make_shared<box>()) {}

live_news::~live_news() {
  std::lock_guard guard{box_->mutex};
  box_->open = false;
}

bool live_news::take() {
  std::unique_lock guard{box_->mutex};
  auto begun = std::exchange(box_->streams, true);
  auto found = std::exchange(box_->news, false);
  guard.unlock();
  if (!begun)
    call_.node().watch(
      {call_.workspace(), {}, "", call_.origin()},
      [box = box_](const core::watch_event& event) { return box->put(event); });
  return found;
}

void live_news::wait(std::chrono::milliseconds time) {
  std::unique_lock guard{box_->mutex};
  box_->arrived.wait_for(guard, time, [this] { return box_->news; });
}

} // namespace troupe::cli
