#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/queue_calendar.hpp"
#include "core/queue_pass.hpp"
#include "core/rows.hpp"

// A task of the queue as programs of the contract get to see it.

namespace troupe::core {

/// How often a task may be tried again.
inline constexpr uint32_t queue_retries_max = 3;

/// The row of `autonomous_tasks`. REQUIRES: `row` has the labels of a queue.
nlohmann::json queue_row(const task_row& row);

/// An entry of status. `progress`: what its agent last reported, 0 to 1.
nlohmann::json queue_entry(const task_row& row, std::optional<double> progress,
                           instant now);

/// The priority at `now`: deadlines come near.
uint8_t queue_priority(const task_row& row, instant now);

queue_timing timing_of(const task_row& row, instant now);

/// The contract's name of its agent.
std::string queue_agent(const task_row& row);

/// What the contract says went wrong: "Max retries exceeded: ...".
std::string queue_error_message(const task_row& row);

/// What the details of an audit row of an execution say.
struct execution {
  std::string agent;
  duration took{};
};
execution execution_of(const audit_row& row);

/// Why a pass that is to work this task alone cannot; nothing: it can.
std::optional<failure> cannot_work(const task_row& row);

/// How a task stands after an attempt that a pass has followed; `at`: then.
queue_log_entry queue_log_of(const task_row& row, instant at);

} // namespace troupe::core
