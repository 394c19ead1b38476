#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/journal.hpp"
#include "core/metric_page.hpp"
#include "core/trace.hpp"
#include "outbound/http_client.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// Which trace an attempt belongs to, for whoever calls its agent. Only runs
/// that have a trace in their rows are kept: those that came with one, and
/// their sub-runs. Thread-safe.
class trace_board {
public:
  static constexpr size_t runs_max = 100'000;

  /// `always`: a run without a trace gets one, made of its id.
  trace_board(core::trace_options how, bool always)
    : how_(how), always_(always) {}

  /// From the journal, before the run's agents are called.
  void learn(const core::batch& x);

  /// Empty: there is none.
  std::string traceparent(const task& x) const;

private:
  const core::trace_options how_;
  const bool always_;
  mutable std::mutex mutex_;
  std::unordered_map<core::id, core::trace_context> runs_;
};

/// Sends spans of what was committed, OTLP over HTTP in JSON
/// (docs/observability.md). Never in anybody's way: what does not fit is
/// dropped, and counted. Thread-safe.
class trace_exporter {
public:
  static constexpr size_t batches_max = 2'000; // That were not looked at yet.
  static constexpr size_t spans_max = 20'000;  // That were not sent yet.
  static constexpr size_t spans_per_call = 500;

  explicit trace_exporter(const traces_config& how);
  ~trace_exporter();

  bool on() const { return !how_.endpoint.empty(); }

  /// `client` must outlive this.
  void start(outbound::http_client& client);
  /// Sends what there is, for at most that time.
  void stop(std::chrono::milliseconds within);

  /// From the journal: cheap.
  void committed(const batch_ptr& x);

  void add_figures(core::metric_page& to) const;

private:
  struct parts;
  const traces_config how_;
  std::shared_ptr<parts> parts_;
};

} // namespace troupe::runtime
