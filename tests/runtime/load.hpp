#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>

#include "runtime/agents.hpp"

namespace troupe::test {

/// A node under load: a new run of 20 tasks whenever one has ended, until it is
/// enough.
class load {
public:
  explicit load(node& n) : n_(n) {}

  void begin() {
    constexpr int at_once = 4;
    open_ = at_once;
    for (int i = 0; i < at_once; ++i)
      submit();
  }

  /// What runs goes on to its end, and nothing new begins.
  bool end() {
    enough_ = true;
    return done_.get_future().wait_for(std::chrono::seconds{100})
           == std::future_status::ready;
  }

  /// Lets the node work until that is so. False: it never was.
  template <class Condition>
  bool until(Condition is_so) {
    auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    std::string body;
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > give_up)
        return false;
      (void)n_.ask("status", "{}", body); // Is load, too.
      // Until something ends, or a moment: to spin would be the main load.
      std::unique_lock guard{mutex_};
      ended_one_.wait_for(guard, std::chrono::milliseconds{5});
    }
    return true;
  }

  size_t tasks() const { return ended_ * 20; }
  int wrong() const { return wrong_; }
  std::string story() {
    std::lock_guard guard{mutex_};
    return story_;
  }

private:
  void submit() {
    n_.submit_and_wait(tasks_for("slow", 20), {}, [this](const run_result& x) {
      if (x.error.code == errc::store_full)
        return submit(); // Refused, and worth another try.
      ++ended_;
      ended_one_.notify_all();
      if (x.error || x.state != "completed") {
        ++wrong_;
        std::lock_guard guard{mutex_};
        story_ += x.run + ": " + x.state + ' ' + x.error.message + '\n';
      }
      if (!enough_)
        submit();
      else if (--open_ == 0)
        done_.set_value();
    });
  }

  node& n_;
  std::atomic<int> open_{0}; // Runs under way.
  std::atomic<bool> enough_{false};
  std::atomic<size_t> ended_{0};
  std::atomic<int> wrong_{0};
  std::mutex mutex_;
  std::condition_variable ended_one_;
  std::string story_; // What went wrong.
  std::promise<void> done_;
};

} // namespace troupe::test
