#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

// A workflow as it was written, checked and made ready to run. Immutable once
// made; every run of a version shares one.

namespace troupe::core {

enum class edge_condition : uint8_t { success, failure, always };

struct edge {
  uint32_t step = 0; // Index of the other end.
  edge_condition on = edge_condition::success;
  bool strict = false;
  bool operator==(const edge&) const = default;
};

enum class step_kind : uint8_t { work, sleep, signal, approval, workflow };

struct backoff_policy {
  duration base{std::chrono::seconds{1}};
  double factor = 2;
  duration max{std::chrono::seconds{30}};
  double jitter = 0.1; // Share of the delay, added at random.
  bool operator==(const backoff_policy&) const = default;
};

/// Which agents may do a step, and under which limits. Steps with equal needs
/// share one object; it is what a ready class is made of.
struct needs {
  std::vector<std::string> capabilities; // Sorted, unique.
  std::vector<std::string> preferred;    // Specialisations, sorted.
  std::string agent;                     // Pin; empty: any.
  std::string type;
  bool partial = false;        // Fewer capabilities will do.
  std::string concurrency_key; // May be a template; resolved per task.
  uint32_t concurrency_limit = 1;
  bool exclusive = false;
  std::string rate_key;
  double rate_per_second = 0; // 0: no limit.
  uint32_t rate_burst = 1;
  std::map<std::string, double> resources; // E.g. {"gpu": 2}.
  bool operator==(const needs&) const = default;
};

struct approval {
  std::string by; // Role or person; empty: anyone who may approve.
  duration timeout{std::chrono::hours{24}};
  bool approve_on_timeout = false; // Else reject.
  bool operator==(const approval&) const = default;
};

/// What is done when a step's own attempts are used up: other agents try, or
/// the same ones with another input, or the task gets an output that is known
/// beforehand.
struct last_resort {
  std::shared_ptr<const needs> need; // Null where there is an `output`.
  text input;  // JSON, may hold templates; empty: the task's own.
  text output; // JSON, may hold templates; not empty: no agent is asked.
  bool operator==(const last_resort&) const = default;
};

struct step {
  std::string name;
  std::string description;
  step_kind kind = step_kind::work;
  std::vector<edge> depends_on; // Towards earlier steps.
  std::vector<edge> dependents; // The same edges, seen from the other end.
  std::shared_ptr<const needs> need;
  uint8_t priority = 0; // 0: the run's.
  text input;           // JSON; may hold templates.
  bool input_is_template = false;
  std::string when;                 // Lua expression; empty: always.
  std::optional<duration> timeout;  // Of one attempt.
  std::optional<duration> deadline; // Of the task, from queued.
  uint32_t retries = 3; // After the first attempt; `retries_unless_stated`.
  backoff_policy backoff;
  bool at_most_once = false;
  bool pure = false; // A repeat is harmless; starts need not be durable.
  /// Queued, but not given to anybody until it is released; and a dependency
  /// that failed is waited for, because it may be tried again.
  bool hold = false;
  std::optional<last_resort> fallback;
  std::optional<approval> approve;

  text foreach;              // JSON list or one template; empty: none.
  uint32_t max_parallel = 0; // Of a foreach; 0: no bound.
  std::string repeat_until;  // Lua expression over `output`, `iteration`.
  uint32_t repeat_max = 100; // Iterations.

  duration sleep{}; // For kind sleep (may also be a template in input).
  std::string sleep_template; // "${run.input.delay}"; empty: `sleep` counts.
  std::string signal;         // For kind signal: its name.
  std::string workflow;       // For kind workflow: "name@version" or "name".

  text expect_schema; // JSON Schema for the output.
  std::string expect; // Lua expression over `output`.
  duration cache{};   // How long its output is used again; 0: not.
  std::string milestone;
  bool checkpoint = false;
  std::string idempotency_key; // May be a template.
  std::string not_before;      // RFC 3339 or a template; empty: at once.
  text labels;                 // JSON object.
  /// What is stored and shown but used by policy and recovery only: risk,
  /// undo, healing, autonomy, ... as JSON, checked for form.
  text extras;
  /// From a run-time estimate (imports, history); 0: unknown.
  duration expected{};

  bool operator==(const step&) const = default;
};

/// A sub-workflow has steps with retries of their own.
constexpr uint32_t retries_unless_stated(step_kind kind) {
  return kind == step_kind::workflow ? 0 : 3;
}

struct input_field {
  std::string type; // string, number, integer, boolean, object, array, any.
  std::string description;
  bool required = false;
  text fallback; // JSON; empty: none.
  bool operator==(const input_field&) const = default;
};

struct workflow {
  std::string name;
  std::string description;
  uint32_t version = 1;
  std::string hash; // SHA-256 (hex) of the canonical JSON.
  text source;      // The canonical JSON; what the store keeps.
  std::map<std::string, input_field> input;
  std::optional<duration> deadline; // Of the run.
  uint8_t priority = 5;
  uint32_t max_parallel = 0; // Tasks of a run in progress; 0: no bound.
  text labels;
  text extras;                 // autonomy, boundaries, ... (see step::extras).
  std::vector<step> steps;     // Every edge points to an existing step.
  std::vector<uint32_t> order; // A topological order of all steps.
};

using workflow_ptr = std::shared_ptr<const workflow>;

struct parsed_workflow {
  workflow_ptr value; // Null if there are problems.
  core::problems problems;
};

/// Reads YAML or JSON (JSON is YAML's subset, but gets JSON pointers and its
/// own messages), reports every problem at once.
parsed_workflow parse_workflow(std::string_view source);

/// An ad-hoc list: `[{"name":..., "type":..., "input":...}, ...]`, the form of
/// POST tasks and of an agent's dynamic sub-tasks. Names are made up where
/// missing; `depends_on` may name other items. No `workflow`, no `input`.
parsed_workflow parse_task_list(std::string_view json);

/// WfCommons WfFormat 1.5. Run times are scaled by `time_scale`; each task
/// becomes a step of type data_processing for an agent with capability `sleep`.
parsed_workflow import_wfcommons(std::string_view json, double time_scale);

/// The JSON Schema of workflow files (draft 2020-12), as text.
std::string workflow_schema();

/// Checks a run's input against the workflow, also what its templates use.
struct checked_input {
  text value; // JSON object.
  core::problems problems;
};
checked_input check_input(const workflow& wf, std::string_view json);

} // namespace troupe::core
