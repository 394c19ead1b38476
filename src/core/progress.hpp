#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/history.hpp"
#include "core/model.hpp"
#include "core/workflow.hpp"

namespace troupe::core {

/// How far one step is, for an estimate. A foreach counts as one step.
struct step_progress {
  task_state state = task_state::waiting;
  duration elapsed{}; // Since it started, while in progress.
};

/// A time that is not known exactly: four out of five times between the ends.
struct estimate {
  duration low{};
  duration middle{};
  duration high{};
  bool operator==(const estimate&) const = default;
};

/// What a run still has to do, if nothing fails.
struct remaining_work {
  estimate path; // The longest chain: the time with agents without end.
  estimate sum;  // All steps one after the other.
};

/// Estimates by the history of each step's type over all agents, or what the
/// step says it takes, or `otherwise` (the run's average so far). Nothing where
/// none of these is known. People and signals take no time: nobody knows
/// theirs.
std::optional<remaining_work>
remaining(const workflow& what,
          const std::function<step_progress(uint32_t step)>& progress,
          const performance_history& history,
          std::optional<duration> otherwise);

/// The same from nothing but how fast it went so far: `ended` tasks in
/// `elapsed`, `open` ones left. For runs too large to look at each task.
/// Nothing where none has ended.
std::optional<estimate> by_pace(duration elapsed, uint64_t ended,
                                uint64_t open);

struct progress_question {
  std::array<uint32_t, task_states> counts{}; // Tasks by state.
  duration completed_took{};                  // All completed tasks together.
  std::optional<remaining_work> left;
  uint32_t parallelism = 0; // Tasks at a time lately; 0: those in progress.
};

struct run_progress {
  uint32_t total = 0;
  uint32_t completed = 0;
  uint32_t in_progress = 0;
  uint32_t failed = 0;
  double percent = 0; // ended / total; one decimal, never rounded up.
  std::optional<duration> average;
  std::optional<estimate> eta; // Nothing: unknown, or nothing is left.
};

run_progress progress_of(const progress_question& ask);

/// Full and light blocks for a terminal, e.g. 10 and 20 of them for a third.
std::string bar(double fraction, int cells = 30);

/// "42.5%"; one decimal, never rounded up to 100.
std::string percent_text(double fraction);

} // namespace troupe::core
