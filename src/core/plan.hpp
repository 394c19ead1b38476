#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/workflow.hpp"

// What can be said about a workflow before anything runs.

namespace troupe::core {

/// A step's duration where nobody stated one.
inline constexpr duration expected_unless_stated{std::chrono::seconds{1}};

struct planned_step {
  std::string name;
  duration expected{};
  duration start{}; // Earliest, from the run's begin.
  duration slack{}; // How much later it may start without delaying the run.
  uint32_t level = 0;
  bool estimated = false; // `expected` is `expected_unless_stated`.
  bool operator==(const planned_step&) const = default;
};

/// An approval that will be asked for.
struct planned_approval {
  uint32_t step = 0;
  approval question;
  bool operator==(const planned_approval&) const = default;
};

/// As if agents were never short. Steps are named by their index.
struct plan {
  std::string workflow;
  uint32_t version = 1;
  std::string hash;
  std::vector<planned_step> steps;
  std::vector<uint32_t> order;
  /// Each needs only levels before it; its steps can run together.
  std::vector<std::vector<uint32_t>> levels;
  std::vector<uint32_t> critical_path;     // From a root to the last end.
  duration makespan{};                     // Length of the critical path.
  std::vector<planned_approval> approvals; // In topological order.
  std::vector<uint32_t> roots;
  std::vector<uint32_t> sinks;
  std::vector<std::string> notes; // Sentences: what is stated in vain.
  bool operator==(const plan&) const = default;
};

/// Linear in steps and edges. REQUIRES: `of` came from a parse function.
plan make_plan(const workflow& of);

/// What the workflow states and nothing acts on, by field.
std::vector<std::string> plan_notes(const workflow& of);

/// {"workflow", "version", "hash", "makespan_s", "order": [names], "levels":
/// [[names]], "critical_path": [names], "approvals": [{"step", "by",
/// "timeout_s", "on_timeout"}], "roots", "sinks", "notes", "steps": [{"name",
/// "level", "start_s", "expected_s", "slack_s", "critical", "estimated"}]}
std::string to_json(const plan& x);

} // namespace troupe::core
