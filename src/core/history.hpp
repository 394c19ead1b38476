#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/duration_sketch.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace troupe::core {

/// How an attempt went. Only what says something about the agent: no cancelled
/// and no returned ones.
struct attempt_report {
  std::string_view agent;
  std::string_view type;
  bool well = true;
  duration took{}; // Counts for quantiles where it went well.
};

struct history_options {
  /// What an earlier attempt weighs after one more. 0.98: the last 50 count for
  /// two thirds.
  double keep = 0.98;

  /// The success assumed of who has none behind it, and how many attempts that
  /// assumption is worth: a new agent is neither starved nor trusted blindly.
  double prior = 0.5;
  double prior_weight = 4;

  /// Pairs of agent and type, about 800 bytes each; the one longest without a
  /// report goes.
  size_t pairs_max = 10'000;
};

/// How well agents did, by type of task. Folded from reports; rebuildable.
class performance_history {
public:
  explicit performance_history(history_options opts = {});

  void fold(const attempt_report& x);

  /// Recency-weighted share of success, with the prior; 0..1.
  double performance(std::string_view agent, std::string_view type) const;

  /// How long attempts that went well took; an empty agent: of any agent.
  std::optional<duration> quantile(double q, std::string_view agent,
                                   std::string_view type) const;

  struct counts {
    uint64_t successes = 0;
    uint64_t failures = 0;
    bool operator==(const counts&) const = default;
  };

  counts totals(std::string_view agent, std::string_view type) const;

  size_t size() const { return pairs_.size(); }

  /// The figures of one agent, by type, for people: {"build": {"successes": 3,
  /// "failures": 0, "performance": 0.7, "p50_ms": 12, "p95_ms": 40}}.
  nlohmann::json shown(std::string_view agent) const;

  /// A snapshot; what is loaded replaces what is here.
  nlohmann::json to_json() const;
  failure load(const nlohmann::json& snapshot);

private:
  struct pair_key {
    std::string agent; // Empty: all agents.
    std::string type;
    auto operator<=>(const pair_key&) const = default;
  };

  struct record {
    counts all;
    double good = 0; // Weighted.
    double bad = 0;
    duration_sketch took;
    std::list<pair_key>::iterator place; // In `order_`.
  };

  record& touch(std::string_view agent, std::string_view type);
  const record* find(std::string_view agent, std::string_view type) const;
  void add(record& to, const attempt_report& x) const;
  double share(const record& x) const;
  failure load_pair(const nlohmann::json& x);

  history_options opts_;
  std::map<pair_key, record> pairs_;
  std::list<pair_key> order_; // The longest without a report first.
};

} // namespace troupe::core
