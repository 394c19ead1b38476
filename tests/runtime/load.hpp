#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <string>

#include "runtime/agents.hpp"

namespace troupe::test {

/// A node under load: a new run whenever one has ended.
class load {
public:
  load(node& n, int runs) : n_(n), open_(runs) {}

  /// Submits all runs, a few at a time, until they have ended.
  void begin() {
    for (int i = 0; i < 4; ++i)
      next();
  }

  bool wait() {
    return done_.get_future().wait_for(std::chrono::seconds{100})
           == std::future_status::ready;
  }
  int wrong() const { return wrong_; }
  std::string newest() {
    std::lock_guard guard{mutex_};
    return newest_;
  }
  int left() const { return open_; }
  std::string story() {
    std::lock_guard guard{mutex_};
    return story_;
  }

private:
  void next() {
    auto number = submitted_++;
    if (number >= open_total_)
      return;
    submit();
  }

  void submit() {
    n_.submit_and_wait(tasks_for("slow", 20), {}, [this](run_result x) {
      if (x.error.code == errc::store_full)
        return submit(); // Refused, and worth another try.
      if (x.error || x.state != "completed") {
        ++wrong_;
        std::lock_guard guard{mutex_};
        story_ += x.run + ": " + x.state + ' ' + x.error.message + '\n';
      }
      {
        std::lock_guard guard{mutex_};
        newest_ = x.run;
      }
      if (--open_ == 0)
        done_.set_value();
      else
        next();
    });
  }

  node& n_;
  std::atomic<int> open_;
  const int open_total_ = open_;
  std::atomic<int> submitted_{0};
  std::atomic<int> wrong_{0};
  std::mutex mutex_;
  std::string newest_;
  std::string story_; // What went wrong.
  std::promise<void> done_;
};

} // namespace troupe::test
