#include "runtime/config.hpp"
#include "input.hpp"

// Configuration files.

using namespace troupe;
using fuzz::must;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto loaded = runtime::read_config(fuzz::text_of(data, size), {});
  must(loaded.value.has_value() == loaded.problems.empty(),
       "a configuration or problems, never both or neither");
  for (const auto& x : loaded.problems)
    must(!x.what.what.empty(), "a problem has words");
  return 0;
}
