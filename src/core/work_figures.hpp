#pragma once

#include <cstdint>

#include "core/metric_page.hpp"
#include "core/metric_series.hpp"
#include "core/store.hpp"

namespace troupe::core {

/// What a node did since it started, folded from what it committed: so it
/// counts what is true and nothing that was lost, and costs a few map lookups
/// for each end of a task.
class work_figures {
public:
  /// A batch that is durable.
  void fold(const batch& x);

  void add_to(metric_page& page) const;

private:
  void fold(const run_row& x);
  void fold(const task_row& x);
  void fold(const decision_row& x);

  struct times {
    duration_histogram waited; // From ready to the start.
    duration_histogram took;   // From the newest start to the end.
  };

  metric_series<uint64_t, 1> accepted_;        // By workspace.
  metric_series<uint64_t, 2> runs_;            // By workspace, state.
  metric_series<duration_histogram, 1> spans_; // Of runs, by workspace.
  metric_series<uint64_t, 3> ends_;            // By workspace, type, state.
  metric_series<times, 1> times_;              // By type.
  metric_series<uint64_t, 2> attempts_;        // By agent, result.
  metric_series<uint64_t, 2> decisions_;       // By workspace, state.
  uint64_t retries_ = 0;
  uint64_t facts_ = 0;
  uint64_t batches_ = 0;
};

} // namespace troupe::core
