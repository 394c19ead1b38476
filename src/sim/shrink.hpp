#pragma once

#include <cstdint>

#include "sim/plan.hpp"
#include "sim/world.hpp"

namespace troupe::sim {

struct shrunk {
  plan what;
  report how;         // With its story.
  uint32_t plays = 0; // So many shorter plans were tried.
};

/// The shortest plan that was found, within so many plays, in which the same
/// invariant is broken: without events, works and steps that it does not need.
shrunk shrink(plan from, const report& broken, uint32_t plays_max);

} // namespace troupe::sim
