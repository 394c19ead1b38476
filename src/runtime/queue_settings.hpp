#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/queue_alerts.hpp"
#include "core/queue_calendar.hpp"
#include "core/queue_plan.hpp"

namespace troupe::runtime {

/// How the task queue works: docs/task-queue.md.
struct queue_settings {
  core::queue_calendar_options calendar;
  core::queue_attempts attempts;
  core::queue_thresholds alerts;
  /// Tasks of one pass that are worked at a time, unless it says otherwise.
  uint32_t at_once = 5;
  /// Every queue is worked so often; 0: only when somebody asks.
  std::chrono::seconds sweep{300};
  /// Run by a shell for each alert, with the alert in its environment; empty:
  /// none.
  std::string alert_command;
  /// Called for each alert; any thread, must not block. Empty: it is a warning
  /// of the node.
  std::function<void(const core::queue_alert&)> on_alert;
};

/// The clocks of an IANA zone. Nothing: there is no such zone on this machine.
core::zone_offset zone_offset_of(const std::string& zone);

} // namespace troupe::runtime
