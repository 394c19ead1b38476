#pragma once

#include <caf/fwd.hpp>
#include <caf/type_id.hpp>

#include "troupe/node.hpp"

// For programs that run CAF actors of their own beside a node's.

namespace troupe {

/// Where the numbers of one's own message types begin:
/// CAF_BEGIN_TYPE_ID_BLOCK(mine, troupe::first_type_id). Tell the node of them
/// in `node_options::configure`.
constexpr caf::type_id_t first_type_id = caf::first_custom_type_id + 1000;

/// REQUIRES: the node was started. Actors spawned here share its threads. No
/// handle of one may be held when the node stops.
caf::actor_system& actor_system_of(node& x);

} // namespace troupe
