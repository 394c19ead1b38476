#pragma once

#include <memory>

#include "actors/house.hpp"

namespace troupe {

struct reader_state {
  static inline const char* name = "reader";
  std::shared_ptr<core::store> from;
  std::unique_ptr<core::store_reader> store;
};

/// Reads for others, each time in one short transaction. Spawn it detached in
/// production: it waits for the disk.
reader_actor::behavior_type
reader(reader_actor::stateful_pointer<reader_state> self,
       std::shared_ptr<core::store> from);

} // namespace troupe
