#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// The words of docs/workflows.md as types. The numbers stand in the store:
// append, never renumber.

namespace troupe::core {

enum class task_state : uint8_t {
  waiting = 0, // Dependencies unmet.
  queued = 1,
  in_progress = 2,
  completed = 3,
  failed = 4,
  cancelled = 5,
  awaiting_approval = 6,
  retrying = 7, // Waits for its backoff.
  paused = 8,
  compensating = 9,
  rolled_back = 10,
  skipped = 11,
};

inline constexpr uint32_t task_states = 12;

std::string_view to_string(task_state x);
std::optional<task_state> task_state_from(std::string_view name);

constexpr bool terminal(task_state x) {
  return x == task_state::completed || x == task_state::failed
         || x == task_state::cancelled || x == task_state::rolled_back
         || x == task_state::skipped;
}

/// What can happen to a task. `legal` is the whole table of transitions.
enum class task_event : uint8_t {
  ready,   // Its dependencies are met.
  ask,     // The gate wants a person.
  approve, // A person, or the policy, said yes.
  start,   // An agent has it; a timer or a wait began.
  complete,
  fail,    // For good.
  backoff, // Failed, and will be tried again.
  release, // Back to the queue, uncounted (agent gone, snoozed).
  pause,
  resume,
  cancel,
  skip,
  retry,      // By command: failed -> queued; what it made skip waits again.
  compensate, // By rollback.
  undone,
};

/// The state after `event`, or nothing where that is illegal. A pure function:
/// the only place that knows which transitions exist. `resume` answers
/// `queued`; the run knows better where it came from.
std::optional<task_state> next(task_state from, task_event event);

enum class run_state : uint8_t {
  queued = 0, // Accepted; nothing started.
  running = 1,
  paused = 2,
  cancelling = 3,
  completed = 4,
  failed = 5,
  cancelled = 6,
};

std::string_view to_string(run_state x);
std::optional<run_state> run_state_from(std::string_view name);

constexpr bool terminal(run_state x) {
  return x >= run_state::completed;
}

} // namespace troupe::core
