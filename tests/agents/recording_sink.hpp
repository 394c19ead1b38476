#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "services/stage.hpp"
#include "troupe/agent.hpp"

namespace troupe::agents::test {

/// What a host would do with an answer: keeps the first, tells of a cancel.
class recording_sink : public reply::sink {
public:
  void give(outcome result) override {
    std::lock_guard guard{mutex_};
    if (!given_)
      given_ = std::move(result);
    react_ = {};
    changed_.notify_all();
  }
  void give_after(std::chrono::milliseconds delay, outcome result) override {
    std::lock_guard guard{mutex_};
    later_ = {delay, std::move(result)};
  }
  bool cancelled() const override { return false; }
  void progress(double fraction, std::string note) override {
    std::lock_guard guard{mutex_};
    progress_.push_back({fraction, std::move(note)});
  }
  void on_cancel(std::function<void(bool)> react) override {
    std::lock_guard guard{mutex_};
    if (!given_)
      react_ = std::move(react);
  }
  void log(std::string line) override {
    std::lock_guard guard{mutex_};
    log_.push_back(std::move(line));
    changed_.notify_all();
  }

  void cancel(bool force) {
    std::unique_lock guard{mutex_};
    auto react = react_;
    guard.unlock();
    if (react)
      react(force);
  }

  bool given() {
    std::lock_guard guard{mutex_};
    return given_.has_value();
  }
  outcome result() {
    std::unique_lock guard{mutex_};
    wait(guard, [&] { return given_.has_value(); });
    return *given_;
  }
  std::string logged(size_t line) {
    std::unique_lock guard{mutex_};
    wait(guard, [&] { return log_.size() > line; });
    return log_[line];
  }
  std::vector<services::progress_note> progress_notes() {
    std::lock_guard guard{mutex_};
    return progress_;
  }
  std::optional<std::pair<std::chrono::milliseconds, outcome>> later() {
    std::lock_guard guard{mutex_};
    return later_;
  }

private:
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& guard, Ready ready) {
    if (!changed_.wait_for(guard, services::test::patience, ready))
      throw std::runtime_error{"the agent said nothing"};
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<outcome> given_;
  std::optional<std::pair<std::chrono::milliseconds, outcome>> later_;
  std::vector<services::progress_note> progress_;
  std::vector<std::string> log_;
  std::function<void(bool)> react_;
};

inline task task_with(std::string input) {
  task t;
  t.id = "0190a6e0-0000-7000-8000-000000000001";
  t.run = "0190a6e0-0000-7000-8000-000000000000";
  t.workspace = "acme";
  t.input = std::move(input);
  return t;
}

} // namespace troupe::agents::test
