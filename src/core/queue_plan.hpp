#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/queue_strategy.hpp"

// A strategy becomes tasks: which agent, which priority, after what. Pure.

namespace troupe::core {

/// Whether one of `words` (lower case, separated by `|`) stands in `text` as a
/// whole word or a plain inflection of one: ads, emails, launched, scheduling.
bool has_word(std::string_view text, std::string_view words);

std::string_view agent_for(std::string_view activity);
std::string_view task_type_for(std::string_view agent,
                               std::string_view activity);
uint8_t priority_for(std::string_view phase, std::string_view activity);
/// Of a content pillar: a tenth of its share.
uint8_t priority_for_share(double percentage);

enum class queue_task_kind : uint8_t { activity, pillar, kpi };

struct queue_task {
  queue_task_kind kind = queue_task_kind::activity;
  std::string subject; // The activity, the pillar's or the metric's name.
  std::string description;
  std::string agent;
  std::string type;
  uint8_t priority = 5;
  size_t phase = 0;                 // Index in `phases`.
  std::vector<uint32_t> depends_on; // Numbers; ascending.
  bool approval = false;
};

struct queue_phase {
  std::string name;
  std::vector<uint32_t> tasks;      // Numbers.
  std::vector<uint32_t> depends_on; // The activities of the phase before.
  uint32_t days = 30;
};

/// Numbers count from 1 and are those that the tasks of the run will have.
struct queue_plan {
  std::vector<queue_task> tasks;
  std::vector<queue_phase> phases;
  uint64_t days = 0;
};

/// REQUIRES: `of` has no problems. Deadlines within two days of `now` make
/// tasks urgent.
queue_plan decompose(const strategy& of, instant now);

/// Deadlines nearer than this raise a task to `urgent_priority`.
inline constexpr duration urgent_within{std::chrono::hours{48}};
inline constexpr uint8_t urgent_priority = 9;

/// What the contract calls the input of a task.
nlohmann::json queue_input(const queue_task& task, const strategy& of);

/// How the tasks of a plan are tried.
struct queue_attempts {
  uint32_t retries = 3;
  duration timeout{std::chrono::minutes{5}};
  /// Names of the contract -> agents of this node; others are their own.
  std::map<std::string, std::string> agents;
};

/// The workflow (JSON) that does it: steps that are held until a pass releases
/// them, with labels that say what the queue knows of each.
std::string queue_workflow(const queue_plan& plan, const strategy& of,
                           const queue_attempts& how);

} // namespace troupe::core
