#include "core/metric_page.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace troupe::core {

namespace {

using nlohmann::json;

std::string_view word(metric_kind x) {
  switch (x) {
    case metric_kind::counter:
      return "counter";
    case metric_kind::gauge:
      return "gauge";
    case metric_kind::histogram:
      return "histogram";
  }
  return "untyped";
}

std::string number(double x) {
  if (std::isnan(x))
    return "NaN";
  if (std::isinf(x))
    return x > 0 ? "+Inf" : "-Inf";
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, x).ptr;
  return {text, end};
}

/// Quotes are special in values of labels only.
std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (auto c : text) {
    if (c == '\\' || (quotes && c == '"'))
      out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string label_text(const metric_labels& labels, std::string_view le = {}) {
  std::string out;
  auto add = [&out](std::string_view name, std::string_view value) {
    out += out.empty() ? "{" : ",";
    out += name;
    out += "=\"" + escaped(value, true) + "\"";
  };
  for (const auto& [name, value] : labels)
    add(name, value);
  if (!le.empty())
    add("le", le);
  return out.empty() ? out : out + "}";
}

void add_line(std::string& out, std::string_view name,
              const std::string& labels, const std::string& value) {
  out += name;
  out += labels;
  out += ' ';
  out += value;
  out += '\n';
}

void add_spread(std::string& out, const std::string& name,
                const metric_sample& x) {
  uint64_t so_far = 0;
  for (size_t n = 0; n < duration_histogram::bounds.size(); ++n) {
    so_far += x.spread.in_bucket(n);
    add_line(out, name + "_bucket",
             label_text(x.labels, number(duration_histogram::bounds[n])),
             std::to_string(so_far));
  }
  auto all = std::to_string(x.spread.count());
  add_line(out, name + "_bucket", label_text(x.labels, "+Inf"), all);
  auto labels = label_text(x.labels);
  add_line(out, name + "_sum", labels, number(x.spread.sum_seconds()));
  add_line(out, name + "_count", labels, all);
}

json spread_json(const duration_histogram& x) {
  auto buckets = json::array();
  uint64_t so_far = 0;
  for (size_t n = 0; n < duration_histogram::bounds.size(); ++n) {
    so_far += x.in_bucket(n);
    buckets.push_back(
      {{"le", duration_histogram::bounds[n]}, {"count", so_far}});
  }
  return {{"count", x.count()},
          {"sum", x.sum_seconds()},
          {"buckets", std::move(buckets)}};
}

json sample_json(const metric_sample& x, metric_kind kind) {
  auto out = kind == metric_kind::histogram ? spread_json(x.spread)
                                            : json{{"value", x.value}};
  out["labels"] = json::object();
  for (const auto& [name, value] : x.labels)
    out["labels"][name] = value;
  return out;
}

} // namespace

void duration_histogram::add(duration took) {
  auto seconds = std::chrono::duration<double>(took).count();
  auto pos = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  ++counts_[static_cast<size_t>(pos - bounds.begin())];
  ++count_;
  sum_ += took;
}

double duration_histogram::sum_seconds() const {
  return std::chrono::duration<double>(sum_).count();
}

metric_family& metric_page::family(std::string_view name, metric_kind kind,
                                   std::string_view help) {
  auto pos = std::find_if(families_.begin(), families_.end(),
                          [&](const auto& x) { return x.name == name; });
  if (pos != families_.end())
    return *pos;
  return families_.emplace_back(
    metric_family{std::string{name}, kind, std::string{help}, {}});
}

void metric_page::counter(std::string_view name, std::string_view help,
                          double value, metric_labels labels) {
  family(name, metric_kind::counter, help)
    .samples.push_back({std::move(labels), value, {}});
}

void metric_page::gauge(std::string_view name, std::string_view help,
                        double value, metric_labels labels) {
  family(name, metric_kind::gauge, help)
    .samples.push_back({std::move(labels), value, {}});
}

void metric_page::histogram(std::string_view name, std::string_view help,
                            const duration_histogram& value,
                            metric_labels labels) {
  family(name, metric_kind::histogram, help)
    .samples.push_back({std::move(labels), 0, value});
}

std::string to_exposition(const metric_page& page) {
  std::string out;
  for (const auto& x : page.families()) {
    out += "# HELP " + x.name + " " + escaped(x.help, false) + "\n";
    out += "# TYPE " + x.name + " " + std::string{word(x.kind)} + "\n";
    for (const auto& sample : x.samples)
      if (x.kind == metric_kind::histogram)
        add_spread(out, x.name, sample);
      else
        add_line(out, x.name, label_text(sample.labels), number(sample.value));
  }
  return out;
}

json to_json(const metric_page& page) {
  auto list = json::array();
  for (const auto& x : page.families()) {
    auto samples = json::array();
    for (const auto& sample : x.samples)
      samples.push_back(sample_json(sample, x.kind));
    list.push_back({{"name", x.name},
                    {"type", word(x.kind)},
                    {"help", x.help},
                    {"samples", std::move(samples)}});
  }
  return {{"metrics", std::move(list)}};
}

} // namespace troupe::core
