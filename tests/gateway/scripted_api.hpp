#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "core/api.hpp"

namespace troupe::test {

/// A semantic layer that remembers what it was asked and answers from a script.
/// Thread-safe; answers on the caller's thread.
class scripted_api : public core::api {
public:
  using sink = std::function<bool(const core::watch_event&)>;
  using answerer = std::function<core::api_answer(const core::api_request&)>;

  // -- the script

  /// What `op` answers from now on.
  void on(const std::string& op, answerer how);
  void on(const std::string& op, const std::string& body);
  void fail(const std::string& op, core::api_answer what);

  /// Answers to `op` are held back until `release`.
  void hold(const std::string& op);
  void release();

  /// What a `watch` is sent, at once and in its own call.
  void play(std::vector<core::watch_event> events);

  // -- what happened

  std::vector<core::api_request> calls();
  core::api_request last_call();
  std::vector<core::watch_request> watches();

  /// Blocks until `op` is held back.
  void wait_until_held(size_t count = 1);
  /// Blocks until somebody watches, and hands over its sink.
  sink wait_for_sink();

  // -- core::api

  void call(core::api_request what,
            std::function<void(core::api_answer)> then) override;
  void watch(core::watch_request what, sink to) override;

private:
  core::api_answer answer_to(const core::api_request& what);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, answerer> answers_;
  std::string held_op_;
  std::vector<std::function<void()>> held_;
  std::vector<core::api_request> calls_;
  std::vector<core::watch_request> watches_;
  std::vector<sink> sinks_;
  std::vector<core::watch_event> events_;
};

} // namespace troupe::test
