#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "services/descriptor.hpp"

namespace troupe::services {

/// One thread for the pipes and timers of all processes of a node. Everything
/// it calls, it calls on that thread, so its users need no locks; they must not
/// block there. All methods but `post` are for that thread.
class process_loop {
public:
  using clock = std::chrono::steady_clock;
  using token = uint64_t; // Never 0, never given twice.

  process_loop();
  /// Calls what was posted before, then ends. REQUIRES: not on its thread.
  ~process_loop();

  process_loop(const process_loop&) = delete;
  process_loop& operator=(const process_loop&) = delete;

  /// Calls `what` soon. From any thread, in order.
  void post(std::function<void()> what);

  /// Calls `ready` with what epoll says about `fd` (EPOLLIN, ...) while it is
  /// so. Stop watching before the descriptor is closed.
  token watch(int fd, uint32_t events, std::function<void(uint32_t)> ready);
  void unwatch(token watched);

  token after(std::chrono::milliseconds delay, std::function<void()> what);
  void cancel(token timer);

private:
  struct watched {
    int fd = -1;
    std::function<void(uint32_t)> ready;
  };

  void run();
  void wait_and_dispatch();
  void fire_timers();
  bool take_posted();
  int patience() const;

  descriptor epoll_;
  descriptor bell_; // An eventfd: something was posted.
  token last_ = 0;
  std::unordered_map<token, std::shared_ptr<watched>> watched_;
  std::map<std::pair<clock::time_point, token>, std::function<void()>> timers_;
  std::unordered_map<token, clock::time_point> due_;

  std::mutex mutex_; // For the two below.
  std::vector<std::function<void()>> posted_;
  bool ending_ = false;

  std::thread thread_;
};

} // namespace troupe::services
