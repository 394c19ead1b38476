#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

#include "core/metric_page.hpp"
#include "core/metric_series.hpp"
#include "gateway/exchange.hpp"

namespace troupe::gateway {

using answer_listener = std::function<void(
  const http_request& what, unsigned status, core::duration took)>;

/// What the door did, for metrics. Counted on the door's thread, read by any.
class request_figures {
public:
  using clock = std::chrono::steady_clock;

  /// Before the first.
  void on_answer(answer_listener listen) { listen_ = std::move(listen); }

  void answered(const http_request& what, unsigned status,
                clock::time_point asked_at);
  void came();
  void left();
  void stream_opened();
  void stream_ended();
  void stream_fell_behind();

  void add_to(core::metric_page& page) const;

private:
  answer_listener listen_;
  mutable std::mutex mutex_;
  core::metric_series<uint64_t, 3> requests_; // By method, route, status.
  core::metric_series<core::duration_histogram, 1> times_; // By route.
  uint64_t connections_ = 0;
  uint64_t connected_ = 0; // Since the start.
  uint64_t streams_ = 0;
  uint64_t streamed_ = 0; // Since the start.
  uint64_t fallen_behind_ = 0;
};

} // namespace troupe::gateway
