#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model.hpp"
#include "troupe/errc.hpp"

// The words of the task queue's contract: docs/task-queue.md.

namespace troupe::core {

enum class queue_state : uint8_t {
  queued,
  in_progress,
  completed,
  failed,
  cancelled,
};

inline constexpr uint32_t queue_states = 5;

std::string_view to_string(queue_state x);
std::optional<queue_state> queue_state_from(std::string_view name);

/// What the contract calls a task in that state.
queue_state queue_state_of(task_state x);
/// Those that it calls so.
std::vector<task_state> states_of(queue_state x);

/// The name of every run that comes from a strategy; no other may have it.
inline constexpr std::string_view queue_run_name = "autonomous_tasks";

/// What audit rows of executions name: the resource, and who had it done.
inline constexpr std::string_view audited_resource = queue_run_name;
inline constexpr std::string_view audited_agent = "task-orchestrator";

inline constexpr std::array<std::string_view, 9> queue_task_types{
  "content",      "design",   "campaign", "analysis", "email",
  "social_media", "research", "strategy", "other"};

bool is_queue_task_type(std::string_view word);

enum class queue_error : uint8_t {
  strategy_not_found = 1,
  decomposition_failed,
  task_not_found,
  agent_not_available,
  max_retries_exceeded,
  dependency_not_met,
  invalid_task_type,
  execution_timeout,
};

/// "TASK_001".
std::string code_of(queue_error x);

/// A failure whose message begins with the contract's code: "TASK_001: ...".
failure queue_failure(queue_error what, std::string message);

/// What a program of the contract gets to see of a failure: its code and the
/// message without it. A failure that is none of the queue's own has the word
/// of its errc, in capitals.
struct queue_complaint {
  std::string code;
  std::string message;
};
queue_complaint queue_complaint_of(std::string_view errc_word,
                                   std::string_view message);

} // namespace troupe::core
