#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/errc.hpp"

namespace troupe {

/// A unit of work, as an agent gets it. All payloads are JSON text.
struct task {
  std::string id;        // UUID; the same on every attempt.
  std::string run;       // UUID of the run it belongs to.
  std::string workspace; // The tenant.
  std::string name;      // The step's name, e.g. "unit_tests".
  std::string type;      // A word of the vocabulary, e.g. "build".
  std::string input;     // JSON; "null" where the step has none.
  uint32_t attempt = 1;  // Grows with every try.
  /// Equal on every attempt of this task: pass it on to outside systems that
  /// can deduplicate.
  std::string idempotency_key;
  /// What this attempt may take; afterwards its answer is refused.
  std::chrono::milliseconds timeout{30'000};
  /// W3C trace context of this attempt, "00-TRACE-SPAN-01": the `traceparent`
  /// of calls that are made for it. Empty: it has no trace.
  std::string traceparent;
};

enum class verdict : uint8_t { done, failed, snooze };

/// What an agent decided about a task. Build one with the functions below.
struct outcome {
  verdict what = verdict::done;
  std::string output;                 // JSON; only for `done`.
  failure error;                      // Only for `failed`.
  std::chrono::milliseconds delay{0}; // For `snooze`; for `failed` the
                                      // earliest retry (Retry-After).
  std::string more; // JSON list of tasks that join the run; only for `done`.

  /// The task is finished; `output` is JSON and goes to its dependents.
  static outcome done(std::string output = "null");

  /// The task failed and is tried again after a backoff, while retries remain
  /// and its category allows.
  static outcome failed(std::string message, category kind = category::unknown);

  /// The task failed and must not be tried again, whatever retries remain.
  static outcome give_up(std::string message);

  /// Not now: runs again after `delay`. Does not use up a retry.
  static outcome snooze(std::chrono::milliseconds delay);

  /// Adds tasks to the run: a JSON list in the form of the workflow's steps.
  outcome with_tasks(std::string tasks) &&;
};

/// What an agent can use while it works. Thread-safe; valid until the outcome
/// is given.
class context {
public:
  virtual ~context() = default;

  /// True once the task was cancelled or its time is up. Return soon then;
  /// after the grace time nobody listens any more.
  virtual bool cancelled() const = 0;

  /// Sleeps for `time`, less if cancelled. Returns `cancelled()`.
  virtual bool wait(std::chrono::milliseconds time) = 0;

  /// Reports progress, 0..1, and a word on it. Cheap; the newest wins.
  virtual void progress(double fraction, std::string note = {}) = 0;

  /// Shows a line to whoever watches the task. Limited in rate and size.
  virtual void log(std::string line) = 0;
};

/// Implement this to join a troupe.
///
/// Every slot of the agent has its own instance and its own thread, so members
/// need no locks and `perform` may block. A task may come twice (after a crash
/// of the node), so make `perform` idempotent. An exception counts as a crash:
/// the attempt fails with category `agent_crash`, the instance is replaced.
class agent {
public:
  virtual ~agent() = default;

  virtual outcome perform(const task& t, context& ctx) = 0;
};

/// The answer to a task that a reactive agent was given. Copies share one
/// answer; the first outcome counts. Thread-safe. Dropping all copies without
/// an outcome counts as a crash.
class reply {
public:
  class sink; // Implemented by the runtime.

  reply() = default;
  explicit reply(std::shared_ptr<sink> to);

  void operator()(outcome result) const;

  /// Gives the outcome later, without holding a thread. A cancel ends the wait:
  /// the attempt is then cancelled.
  void after(std::chrono::milliseconds delay, outcome result) const;

  bool cancelled() const;

  /// Calls `react` once the task is cancelled or its time is up (`force` is
  /// false: finish politely), and again when the grace time is over (`force` is
  /// true: end now, whatever it takes). At once if that has happened already.
  /// Called on a thread of the node: be quick. The latest `react` counts. It
  /// must not hold this reply: nobody would notice that the others are dropped.
  void on_cancel(std::function<void(bool force)> react) const;

  void progress(double fraction, std::string note = {}) const;

  /// Shows a line to whoever watches the task. Limited in rate and size.
  void log(std::string line) const;

private:
  std::shared_ptr<sink> sink_;
};

class reply::sink {
public:
  virtual ~sink() = default;
  virtual void give(outcome result) = 0;
  virtual void give_after(std::chrono::milliseconds delay, outcome result) = 0;
  virtual bool cancelled() const = 0;
  virtual void progress(double fraction, std::string note) = 0;
  /// A sink that never cancels need not keep `react`. One that does drops it
  /// when the outcome is given: it may own what it reacts for.
  virtual void on_cancel(std::function<void(bool force)> react);
  virtual void log(std::string line);
};

/// An agent that promises not to block: it runs on the node's scheduler, holds
/// no thread, and may answer later. A watchdog names one that holds a worker
/// for over 100 ms.
class reactive_agent {
public:
  virtual ~reactive_agent() = default;

  virtual void perform(const task& t, reply done) = 0;
};

/// Who an agent is and what it can do. Valid as it stands but for the name.
struct profile {
  std::string name;
  /// Words, hierarchical with dots: `deploy.k8s` also serves `deploy`.
  std::vector<std::string> capabilities;
  std::string specialisation;
  uint32_t max_load = 3; // Slots: tasks at a time.
  double cost = 0;       // Per task; breaks ties.
  std::string region;
  /// True if its work has no effect outside, so that a repeat is harmless and
  /// its start need not be durable before the call.
  bool pure = false;
};

using agent_factory = std::function<std::unique_ptr<agent>()>;
using reactive_factory = std::function<std::unique_ptr<reactive_agent>()>;

} // namespace troupe
