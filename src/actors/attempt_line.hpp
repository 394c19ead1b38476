#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "actors/house.hpp"

namespace troupe {

/// Where an agent's word goes: the host of that name, whichever life.
struct host_address {
  std::string agent;
  child_ref<host_actor> host;
  child_ref<feed_actor> feed;
  std::function<core::instant()> now;
  /// For `task::traceparent`; thread-safe. Empty: there are no traces.
  std::function<std::string(const task&)> traceparent = {};
};
using host_address_ptr = std::shared_ptr<const host_address>;

/// The line between an agent's code, on any thread, and its host. The first
/// outcome counts. Thread-safe.
class attempt_line : public reply::sink {
public:
  attempt_line(host_address_ptr to, token key);

  void give(outcome result) override;
  void give_after(std::chrono::milliseconds delay, outcome result) override;
  bool cancelled() const override;
  void progress(double fraction, std::string note) override;
  void on_cancel(std::function<void(bool force)> react) override;
  void log(std::string line) override;

  /// From the host: the agent is to stop, `force` after the grace. True if the
  /// agent reacts to that; else somebody has to wait, or not.
  bool cancel(bool force);

  /// Blocks for at most `time`; true once cancelled.
  bool wait(std::chrono::milliseconds time);

  /// The agent's code begins to work on it. False: it has ended already.
  bool begin() {
    begun_ = true;
    return !given_;
  }
  /// It must not begin any more, here or elsewhere.
  bool begun() const { return begun_ || given_; }

  /// The agent has let go of its reply: without an outcome that is a crash.
  void dropped();

  /// How it ended, when the agent did not say so itself.
  /// False: it had ended before.
  bool end(core::end_kind how, std::string why);

  /// When an outcome is to be given that the agent has left here; none: there
  /// is no such.
  core::instant planned() const;
  void give_planned();

  /// What it has said so far; null: nothing.
  core::kept_log_ptr log_so_far() const;

  /// The end, once, for the host: it stays here until a host has come for it.
  std::unique_ptr<ended> take_end();

private:
  void send(std::unique_ptr<ended> x);
  void send_signal(troupe::progress x);
  bool allow_signal();
  bool allow_line(std::string& line);
  std::string keep(const std::string& line);

  host_address_ptr to_;
  token key_;
  std::atomic<bool> begun_{false};
  std::atomic<bool> given_{false};
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  std::condition_variable cancel_came_;
  std::function<void(bool)> react_;
  std::unique_ptr<ended> end_;
  core::instant planned_at_; // `give_after` was called: nobody is at work.
  std::unique_ptr<outcome> planned_;
  bool forced_ = false;
  core::instant next_signal_;
  core::instant next_line_;
  uint32_t left_out_ = 0;                // Lines since the last.
  std::unique_ptr<core::line_log> kept_; // Null: nothing was said.
};

/// The agent's end of the line: tells it when the last copy is gone.
reply reply_to(const std::shared_ptr<attempt_line>& line);

/// Collects which attempts end while agents are called on this thread, so that
/// a list of tasks becomes a list of ends. One at a time for each thread.
class ends_collector {
public:
  ends_collector();
  ~ends_collector();
  token_list take();

  static bool add(const token& x); // False: nobody collects on this thread.

private:
  token_list list_;
};

/// What an agent that may block sees of its line.
class line_context : public context {
public:
  explicit line_context(attempt_line& line) : line_(line) {}
  bool cancelled() const override { return line_.cancelled(); }
  bool wait(std::chrono::milliseconds time) override {
    return line_.wait(time);
  }
  void progress(double fraction, std::string note) override {
    line_.progress(fraction, std::move(note));
  }
  void log(std::string line) override { line_.log(std::move(line)); }

private:
  attempt_line& line_;
};

/// What the agent gets to see of its work.
task public_task(const work& what);

} // namespace troupe
