#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/store.hpp"

// Traces (W3C Trace Context, OpenTelemetry) without clocks and sockets: what
// was committed becomes spans.

namespace troupe::core {

/// Of what a span is a part.
struct trace_context {
  std::string trace;  // 32 hexadecimal digits.
  std::string parent; // 16; empty: nobody's.
  bool sampled = true;
};

/// "00-<trace>-<parent>-<flags>"; nothing: it is no such, and ignored, as the
/// standard asks.
std::optional<trace_context> parse_traceparent(std::string_view text);
std::string to_traceparent(const trace_context& x);

/// As runs keep it: "<trace>-<parent>-<flags>", or a trace alone, on whose
/// sampling nobody has decided.
std::string to_origin(const trace_context& x);
std::optional<trace_context> from_origin(std::string_view text);

/// Of a run (attempt 0), a task (attempt 0) or an attempt: whoever knows the
/// ids knows the span, without asking anybody.
std::string span_of(id what, uint32_t attempt);

/// The trace of a root run that came without one: its id.
std::string trace_of(id run);

struct span {
  trace_context in; // With the parent's span.
  std::string own;
  std::string name;
  instant start;
  instant end;
  std::vector<std::pair<std::string, nlohmann::json>> attributes;
  std::string error;   // Empty: it went well.
  std::string link;    // A span of the same trace that it follows.
  bool client = false; // It waited for somebody.
};

struct trace_options {
  double sample = 1; // Of runs that nobody has decided on, 0 to 1.
};

/// The context in which a run's spans stand: that of its origin, or one made of
/// its id.
trace_context context_of(const run_row& x, const trace_options& how);

/// From committed rows to spans. What is in memory is of the live runs that it
/// has seen.
class span_builder {
public:
  static constexpr size_t runs_max = 100'000;

  explicit span_builder(trace_options how) : how_(how) {}

  void fold(const batch& x, std::vector<span>& to);

private:
  struct known {
    trace_context in;
    std::string name;
  };

  const known& know(const run_row& x);
  void fold(const task_row& x, const batch& all, std::vector<span>& to);

  trace_options how_;
  std::unordered_map<id, known> runs_;
};

/// The body of an ExportTraceServiceRequest, in JSON. `from`: the service's
/// version.
std::string to_otlp(const std::vector<span>& all, std::string_view version);

} // namespace troupe::core
