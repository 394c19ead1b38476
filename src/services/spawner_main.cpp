#include "services/spawner_process.hpp"

// troupe-spawner: for programs that embed the library and do not call
// `called_as_spawner` themselves.
int main(int argc, char** argv) {
  return troupe::services::spawner_process(argc, argv);
}
