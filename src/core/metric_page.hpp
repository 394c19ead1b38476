#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/time.hpp"

// Figures of a node at one moment, and the forms in which they leave it.

namespace troupe::core {

enum class metric_kind : uint8_t { counter, gauge, histogram };

using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// How long things took, in buckets that all durations here share: from half a
/// millisecond to an hour.
class duration_histogram {
public:
  static constexpr std::array<double, 16> bounds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25,   0.5,   1,      2.5,   10,   60,    600,  3600};

  void add(duration took);

  /// Of the bucket that ends at that bound; the last one has no bound.
  uint64_t in_bucket(size_t n) const { return counts_.at(n); }
  uint64_t count() const { return count_; }
  double sum_seconds() const;

private:
  std::array<uint64_t, bounds.size() + 1> counts_{};
  uint64_t count_ = 0;
  duration sum_{};
};

struct metric_sample {
  metric_labels labels;
  double value = 0;
  duration_histogram spread; // Of histograms, instead of `value`.
};

struct metric_family {
  std::string name; // "troupe_tasks_ended_total".
  metric_kind kind = metric_kind::gauge;
  std::string help;
  std::vector<metric_sample> samples;
};

/// Families in the order in which they first came.
class metric_page {
public:
  /// Adds a sample; the first of a name says what the family is.
  void counter(std::string_view name, std::string_view help, double value,
               metric_labels labels = {});
  void gauge(std::string_view name, std::string_view help, double value,
             metric_labels labels = {});
  void histogram(std::string_view name, std::string_view help,
                 const duration_histogram& value, metric_labels labels = {});

  const std::vector<metric_family>& families() const { return families_; }

private:
  metric_family& family(std::string_view name, metric_kind kind,
                        std::string_view help);

  std::vector<metric_family> families_;
};

/// The media type of `to_exposition`.
inline constexpr std::string_view exposition_type =
  "text/plain; version=0.0.4; charset=utf-8";

/// The text format of Prometheus, version 0.0.4.
std::string to_exposition(const metric_page& page);

/// {"metrics": [{"name", "type", "help", "samples": [{"labels", "value"}]}]};
/// a sample of a histogram has "count", "sum" and "buckets": [{"le", "count"}].
nlohmann::json to_json(const metric_page& page);

} // namespace troupe::core
