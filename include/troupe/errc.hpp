#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Everything that can go wrong and that a caller is expected to handle.
/// These numbers travel between nodes and stand in journals: append, never
/// renumber.
enum class errc : uint8_t {
  none = 0,
  /// A file, a body or a parameter is wrong; the problems say where.
  invalid,
  /// Nothing of that id or name exists in this workspace.
  not_found,
  /// The thing is in a state that does not allow this, e.g. cancel a
  /// completed task.
  invalid_state,
  /// The idempotency key was used before with another body.
  key_reused,
  /// A decision was answered before.
  already_answered,
  /// Intake is closed for a moment; try again after `retry_after`.
  overloaded,
  /// The disk is full or read-only; what was accepted is safe, reads go on.
  store_full,
  /// The store failed or is damaged; see `troupe doctor`.
  store_failed,
  /// Another process uses the data directory.
  store_locked,
  /// This owner was replaced by a newer epoch.
  fenced,
  /// The node is stopping.
  stopping,
  /// No agent has the capabilities (TASK_004 in the queue contract).
  no_agent,
  /// The attempt ran longer than its timeout.
  timed_out,
  /// The task or run was cancelled.
  cancelled,
  /// The agent crashed while it worked.
  agent_crashed,
  /// The output did not pass the task's `expect`.
  invalid_result,
  /// A template or expression could not be evaluated.
  template_failed,
  /// A task was running at three unclean ends of the node.
  quarantined,
  /// A limit with a name was reached; the message says which.
  limit_reached,
  /// An approval was refused or ran out.
  rejected,
  /// The agent reported a failure of its own.
  agent_failed,
  /// The retries are used up; the cause is in the message.
  retries_exhausted,
  /// A child actor did not start, or restarted too often.
  escalated,
  /// The child is between two lives; ask again.
  restarting,
  /// A bug in Troupe. Please report it.
  internal,
  /// A task it depends on did not end as the edge asks (TASK_006).
  dependency_failed,
};

/// The stable name, e.g. "not_found"; used in JSON and in the journal.
std::string_view to_string(errc code);

/// The code of that name, if there is one.
std::optional<errc> errc_from(std::string_view name);

/// A sentence for people: what happened, and what to do about it.
std::string_view message(errc code);

/// What kind of failure it was; decides whether a retry can help.
enum class category : uint8_t {
  unknown = 0,
  network,
  resource,
  timeout,
  dependency,
  rate_limit,
  agent_crash,
  data_corruption,
  validation,
  security,
  business,
  cancelled,
  invalid_result,
};

std::string_view to_string(category kind);
std::optional<category> category_from(std::string_view name);

/// Whether a plain retry may help: false for validation, security, business and
/// cancelled.
bool retryable(category kind);

/// A failure as it is stored and shown.
struct failure {
  errc code = errc::none;
  category kind = category::unknown;
  std::string message;

  explicit operator bool() const { return code != errc::none; }
  bool operator==(const failure&) const = default;
};

} // namespace troupe
