#pragma once

#include <optional>

namespace troupe::runtime {

/// The program's own binary becomes the spawner of its node's processes: ask
/// first thing in main, before any thread, and leave with the exit code if
/// there is one.
std::optional<int> spawner_life(int argc, char** argv);

} // namespace troupe::runtime
