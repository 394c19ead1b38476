#include "runtime/spawner_life.hpp"

#include "services/spawner_process.hpp"

namespace troupe::runtime {

std::optional<int> spawner_life(int argc, char** argv) {
  if (services::called_as_spawner(argc, argv))
    return services::spawner_process(argc, argv);
  return std::nullopt;
}

} // namespace troupe::runtime
