#pragma once

#include <string>

#include "actors/run.hpp"
#include "actors/shard.hpp"

// The live tree below a shard, and why things wait.

namespace troupe {

/// A run and its tasks.
tree_node describe(caf::actor_id id, const run_actor_state& st,
                   const tree_query& ask);

/// A shard and its runs: asks those that are to be listed.
caf::result<tree_node> describe(shard_ptr self, const shard_actor_state& st,
                                const tree_query& ask);

/// Why a task (0: each that waits, at most 20) is where it is: JSON.
std::string explain(const core::run& run, uint32_t number);

} // namespace troupe
