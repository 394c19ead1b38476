#include <catch2/catch.hpp>

#include "store/samples.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;

TEST_CASE("a memory store fails as told", "[store]")
{
  auto faults = std::make_shared<store::memory_faults>();
  auto made = store::make_memory_store(faults);
  auto b = sample_batch(0, 1, 1);
  {
    session owner{*made};
    faults->rolled_back = 2;
    CHECK(owner.append(b).what == commit::rolled_back);
    CHECK(owner.append(b).what == commit::rolled_back);
    CHECK(owner.append(b).what == commit::done);
    faults->unknown = 1;
    b = sample_batch(0, 2, 1);
    CHECK(owner.append(b).what == commit::unknown);
    CHECK(owner.append(b).what == commit::unknown); // Of no use any more.
    CHECK_FALSE(*made->reader()->find_run(b.runs[0].key));
  }
  session again{*made};
  CHECK_FALSE(again.state.clean);
  faults->unknown_but_written = 1;
  CHECK(again.append(b).what == commit::unknown);
  CHECK(*made->reader()->find_run(b.runs[0].key));
  faults->reads = 1;
  CHECK_FALSE(made->reader()->find_run(b.runs[0].key));
  CHECK(made->reader()->find_run(b.runs[0].key));
}
