#pragma once

#include <optional>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/id.hpp"
#include "core/rows.hpp"

// What definitions say of tasks, for whoever looks at them. Reads the canonical
// text as it is: checking a large workflow once more for a look would be slow.

namespace troupe::core {

/// The fields of a step: {"step": what its definition states, "kind",
/// "max_retries", "depends_on": [{"step", "on", "task"}], "level"}. `first` is
/// the task of the definition's first step. Null where there is no such step.
nlohmann::json step_shown(std::string_view definition, uint32_t step, id first);

struct milestone_step {
  uint32_t step = 0;
  std::string name; // Of the milestone.
  std::string of;   // The step's name.
};

/// The steps that are milestones, in order.
std::vector<milestone_step> milestones_of(std::string_view definition);

/// One entry for each attempt of a task. The newest is in the task's row alone
/// as long as it has not failed.
std::vector<attempt_row> all_attempts(const task_row& of,
                                      std::vector<attempt_row> failed);

} // namespace troupe::core
