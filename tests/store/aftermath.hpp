#pragma once

#include <catch2/catch.hpp>

#include "store/fault_vfs.hpp"
#include "store/samples.hpp"

// What every test with a failing disk ends with.

namespace troupe::test {

struct no_faults {
  no_faults() { faults() = {}; }
  ~no_faults() { faults() = {}; }
};

/// Looks at the store after a fault: everything acknowledged is there, the rest
/// wholly or not at all, and the store goes on.
inline void check_after(core::store& of,
                        const std::vector<core::id>& acknowledged) {
  session again{of, t0 + std::chrono::hours{1}};
  auto reader = of.reader();
  for (auto run : acknowledged)
    CHECK(*reader->find_run(run));
  auto problems = reader->check(true);
  REQUIRE(problems);
  CHECK(*problems == std::vector<std::string>{});
  auto b = sample_batch(1, 999, 1);
  CHECK(again.append(b).what == core::commit::done);
}

} // namespace troupe::test
