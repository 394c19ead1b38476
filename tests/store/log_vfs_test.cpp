#include <catch2/catch.hpp>

#include "store/fault_vfs.hpp"
#include "store/samples.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::test {

namespace {

/// Calls to write that one commit of so many tasks takes.
uint32_t writes_of(uint32_t tasks, troupe::store::durability sync) {
  scratch place;
  auto options = place.options();
  options.vfs = fault_vfs();
  options.sync = sync;
  auto made = troupe::store::make_sqlite_store(options);
  session owner{*made};
  auto b = sample_batch(0, 1, tasks);
  faults() = {disk_op::write, UINT32_MAX, 0, false};
  CHECK(owner.append(b).what == core::commit::done);
  auto writes = faults().seen;
  faults() = {};
  return writes;
}

} // namespace

TEST_CASE("a commit goes to the log in one piece", "[store]")
{
  CHECK(writes_of(1, troupe::store::durability::full) == 1);
  CHECK(writes_of(1, troupe::store::durability::relaxed) > 5);
}

TEST_CASE("a commit beyond one piece is as whole as a small one", "[store]")
{
  constexpr uint32_t tasks = 5000;
  auto writes = writes_of(tasks, troupe::store::durability::full);
  CHECK(writes > 2);
  CHECK(writes < 40);
  scratch place;
  auto made = troupe::store::make_sqlite_store(place.options());
  core::id run;
  {
    session owner{*made};
    auto b = sample_batch(0, 1, tasks);
    run = b.runs[0].key;
    CHECK(owner.append(b).what == core::commit::done);
  }
  auto stored = made->reader()->load_run(run);
  REQUIRE(stored);
  CHECK(stored->tasks.size() == tasks);
  CHECK(*made->reader()->check(true) == std::vector<std::string>{});
}

} // namespace troupe::test
