#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"

// What people are to know of a queue: said once when it begins, and once when
// it is over. Pure.

namespace troupe::core {

struct queue_thresholds {
  uint64_t depth_max = 100;      // Queued tasks; then operations are told.
  double failed_share_max = 0.1; // Of today's executions; development is.
  duration slow_after{std::chrono::seconds{60}}; // An execution; operations.
  /// A share of less than so many says nothing.
  uint64_t executions_min = 10;
  bool operator==(const queue_thresholds&) const = default;
};

struct queue_alert {
  std::string workspace;
  std::string name;     // "queue_depth", "failed_share", "slow", "TASK_004".
  std::string audience; // "ops" or "dev".
  bool over = false;    // What it told of has ended.
  std::string text;
  bool operator==(const queue_alert&) const = default;
};

/// "alert queue_depth for ops: ...", or "..., over: ...".
std::string to_line(const queue_alert& x);

/// What is known of a queue at one moment.
struct queue_sample {
  uint64_t depth = 0;
  uint64_t executions = 0;
  uint64_t failed = 0;
  uint64_t slow = 0; // Since the sample before.
};

/// Which alerts are on. A name that is told of twice is told once.
class queue_alerts {
public:
  explicit queue_alerts(queue_thresholds limits) : limits_(limits) {}

  /// What is news of these figures.
  std::vector<queue_alert> look(const std::string& workspace,
                                const queue_sample& now);

  /// The agents that tasks wait for and that are not there.
  std::vector<queue_alert> missing(const std::string& workspace,
                                   const std::set<std::string>& agents);

  const queue_thresholds& limits() const { return limits_; }

private:
  void set(queue_alert what, const std::string& key, bool on,
           std::vector<queue_alert>& news);

  queue_thresholds limits_;
  std::map<std::pair<std::string, std::string>, queue_alert> on_;
};

} // namespace troupe::core
