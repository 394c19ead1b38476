#include "core/trace.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "core/sha256.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr size_t trace_digits = 32;
constexpr size_t span_digits = 16;

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            });
}

/// All zeros mean "none".
bool is_id(std::string_view text, size_t digits) {
  return is_hex(text, digits) && text.find_first_not_of('0') != text.npos;
}

/// The same everywhere for the same trace, so that all of it is there or none.
bool falls_in(const std::string& trace, double share) {
  auto last = std::stoull(trace.substr(trace_digits - 8), nullptr, 16);
  return static_cast<double>(last) < share * 4294967296.0;
}

json value_of(const json& x) {
  if (x.is_boolean())
    return {{"boolValue", x}};
  if (x.is_number_integer())
    return {{"intValue", std::to_string(x.get<int64_t>())}};
  if (x.is_number())
    return {{"doubleValue", x}};
  return {{"stringValue", x}};
}

json attribute(const std::string& key, const json& value) {
  return {{"key", key}, {"value", value_of(value)}};
}

std::string nanoseconds(instant x) {
  return std::to_string(to_us(x) * 1000);
}

json otlp_span(const span& x) {
  constexpr int internal_kind = 1;
  constexpr int client_kind = 3;
  constexpr int failed_status = 2;
  json out{{"traceId", x.in.trace},
           {"spanId", x.own},
           {"name", x.name},
           {"kind", x.client ? client_kind : internal_kind},
           {"startTimeUnixNano", nanoseconds(x.start)},
           {"endTimeUnixNano", nanoseconds(x.end)},
           {"attributes", json::array()}};
  if (!x.in.parent.empty())
    out["parentSpanId"] = x.in.parent;
  for (const auto& [key, value] : x.attributes)
    out["attributes"].push_back(attribute(key, value));
  if (!x.link.empty())
    out["links"] =
      json::array({json{{"traceId", x.in.trace}, {"spanId", x.link}}});
  if (!x.error.empty())
    out["status"] = {{"code", failed_status}, {"message", x.error}};
  return out;
}

} // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) {
  // Later versions may say more behind it.
  if (text.size() < 55 || !is_hex(text.substr(0, 2), 2)
      || text.starts_with("ff") || (text.starts_with("00") && text.size() != 55)
      || (text.size() > 55 && text[55] != '-') || text[2] != '-')
    return std::nullopt;
  return from_origin(text.substr(3, 52));
}

std::string to_traceparent(const trace_context& x) {
  return "00-" + to_origin(x);
}

std::string to_origin(const trace_context& x) {
  return x.trace + "-" + x.parent + (x.sampled ? "-01" : "-00");
}

std::optional<trace_context> from_origin(std::string_view text) {
  trace_context out;
  out.trace = text.substr(0, trace_digits);
  if (!is_id(out.trace, trace_digits))
    return std::nullopt;
  if (text.size() == trace_digits)
    return out;
  if (text.size() != trace_digits + span_digits + 4 || text[trace_digits] != '-'
      || text[trace_digits + 1 + span_digits] != '-')
    return std::nullopt;
  out.parent = text.substr(trace_digits + 1, span_digits);
  auto flags = text.substr(text.size() - 2);
  if (!is_id(out.parent, span_digits) || !is_hex(flags, 2))
    return std::nullopt;
  constexpr std::string_view odd = "13579bdf"; // The lowest bit says so.
  out.sampled = odd.find(flags[1]) != odd.npos;
  return out;
}

std::string span_of(id what, uint32_t attempt) {
  auto text = to_string(what) + "/" + std::to_string(attempt);
  return sha256_hex(text).substr(0, span_digits);
}

std::string trace_of(id run) {
  auto text = to_string(run);
  std::erase(text, '-');
  return text;
}

trace_context context_of(const run_row& x, const trace_options& how) {
  auto out = from_origin(x.by.trace);
  if (!out) {
    out.emplace();
    out->trace = trace_of(x.parent ? x.parent : x.key);
  }
  if (out->parent.empty())
    out->sampled = falls_in(out->trace, how.sample);
  if (x.parent)
    out->parent = span_of(x.parent.with(x.parent_task), 0);
  return *out;
}

const span_builder::known& span_builder::know(const run_row& x) {
  auto pos = runs_.find(x.key);
  if (pos != runs_.end())
    return pos->second;
  if (runs_.size() >= runs_max)
    runs_.clear(); // They are learned again from their next row.
  return runs_[x.key] = {context_of(x, how_), x.name};
}

void span_builder::fold(const batch& x, std::vector<span>& to) {
  for (const auto& run : x.runs)
    know(run);
  for (const auto& task : x.tasks)
    fold(task, x, to);
  for (const auto& run : x.runs) {
    if (!terminal(run.state))
      continue;
    auto known = runs_.extract(run.key);
    if (known.empty() || !known.mapped().in.sampled)
      continue;
    span out;
    out.in = known.mapped().in;
    out.own = span_of(run.key, 0);
    out.name = "run " + run.name;
    out.start = run.created_at;
    out.end = std::max(run.ended_at, run.created_at);
    out.attributes = {{"troupe.run", to_string(run.key)},
                      {"troupe.workspace", run.workspace},
                      {"troupe.state", std::string{to_string(run.state)}}};
    if (run.state == run_state::failed)
      out.error = run.error.message.empty() ? "failed" : run.error.message;
    to.push_back(std::move(out));
  }
}

namespace {

/// When what a batch holds of a run happened.
instant time_of(id run, const batch& x, instant otherwise) {
  for (const auto& row : x.runs)
    if (row.key == run)
      return std::max(row.updated_at, otherwise);
  return otherwise;
}

} // namespace

void span_builder::fold(const task_row& x, const batch& all,
                        std::vector<span>& to) {
  auto ended = terminal(x.state);
  auto pos = runs_.find(x.key.run());
  if (pos == runs_.end() || !pos->second.in.sampled
      || (!ended && x.state != task_state::retrying))
    return;
  span base;
  base.in = pos->second.in;
  base.attributes = {{"troupe.run", to_string(x.key.run())},
                     {"troupe.task", to_string(x.key)},
                     {"troupe.workspace", x.workspace},
                     {"troupe.state", std::string{to_string(x.state)}}};
  if (!x.type.empty())
    base.attributes.emplace_back("troupe.task.type", x.type);
  if (x.error && x.state != task_state::completed)
    base.error = x.error.message;
  auto name = x.name.empty() ? x.type : x.name;
  if (x.started_at != no_instant && !x.agent.empty()) {
    auto one = base;
    one.in.parent = span_of(x.key, 0);
    one.own = span_of(x.key, x.attempt);
    one.name = "attempt " + name;
    one.start = x.started_at;
    one.end = ended ? std::max(x.ended_at, x.started_at)
                    : time_of(x.key.run(), all, x.started_at);
    one.attributes.emplace_back("troupe.agent", x.agent);
    one.attributes.emplace_back("troupe.attempt", x.attempt);
    one.client = true;
    if (x.retries > 0 && x.attempt > 1)
      one.link = span_of(x.key, x.attempt - 1);
    to.push_back(std::move(one));
  }
  if (!ended)
    return;
  base.own = span_of(x.key, 0);
  base.in.parent = span_of(x.key.run(), 0);
  base.name = "task " + name;
  base.start = x.queued_at != no_instant ? x.queued_at : x.ended_at;
  base.end = std::max(x.ended_at, base.start);
  base.attributes.emplace_back("troupe.retries", x.retries);
  to.push_back(std::move(base));
}

std::string to_otlp(const std::vector<span>& all, std::string_view version) {
  auto spans = json::array();
  for (const auto& x : all)
    spans.push_back(otlp_span(x));
  json resource{{"attributes", json::array({attribute("service.name", "troupe"),
                                            attribute("service.version",
                                                      std::string{version})})}};
  json scope{{"name", "troupe"}, {"version", std::string{version}}};
  json scoped{{"scope", scope}, {"spans", std::move(spans)}};
  json one{{"resource", resource},
           {"scopeSpans", json::array({std::move(scoped)})}};
  return to_compact(json{{"resourceSpans", json::array({std::move(one)})}});
}

} // namespace troupe::core
