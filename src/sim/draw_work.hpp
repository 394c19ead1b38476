#pragma once

#include <vector>

#include "sim/chance.hpp"
#include "sim/plan.hpp"

namespace troupe::sim {

/// Random workflows and lists of tasks, with at least that many tasks in all.
std::vector<work_plan> draw_work(chance& draw, uint32_t tasks_min);

/// What each random agent can do; the last word is known to nobody.
inline constexpr const char* capability_words[] = {"a", "b", "c"};

} // namespace troupe::sim
