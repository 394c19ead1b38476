#include <catch2/catch.hpp>

#include "store/samples.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;

TEST_CASE("a memory store fails as told", "[store]")
{
  auto faults = std::make_shared<troupe::store::memory_faults>();
  auto made = troupe::store::make_memory_store(faults);
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

namespace {

/// Appends a run of three tasks that has ended, or not, at that time.
core::id add_run(session& owner, uint32_t unique, bool over, instant at,
                 core::id parent = {}) {
  auto b = sample_batch(1, unique, 3);
  auto& run = b.runs[0];
  run.state = over ? run_state::completed : run_state::running;
  run.ended_at = over ? at : no_instant;
  run.parent = parent;
  b.logs = {{run.key.with(1), 1, run.workspace, 0, text{"t said\n"}}};
  b.keys = {{run.workspace, run.idempotency_key, run.key, "hash", at}};
  REQUIRE(owner.append(b).what == commit::done);
  return run.key;
}

} // namespace

TEST_CASE("a memory store forgets ended runs when told to", "[store]")
{
  troupe::store::memory_options limits;
  limits.ended_runs_max = 3;
  limits.runs_kept = std::chrono::hours{1};
  auto made = troupe::store::make_memory_store({}, limits);
  session owner{*made};
  auto reader = made->reader();
  auto known = [&](core::id run) {
    return reader->find_run(run)->has_value()
           && reader->find_task(run.with(1))->has_value();
  };
  auto live = add_run(owner, 1, false, t0);
  std::vector<core::id> over;
  for (uint32_t i = 2; i < 7; ++i)
    over.push_back(add_run(owner, i, true, t0 + std::chrono::seconds{i}));
  auto child = add_run(owner, 7, true, t0, live);
  owner.writer->maintain(t0 + std::chrono::minutes{1});
  CHECK(known(live));
  CHECK(known(child)); // Its parent may ask for its output.
  CHECK_FALSE(known(over[0]));
  CHECK_FALSE(reader->find_task(over[0].with(1))->has_value());
  log_filter said;
  said.of = over[0];
  CHECK(reader->logs(said)->empty());
  said.of = live;
  CHECK(reader->logs(said)->size() == 1);
  CHECK_FALSE(known(over[1]));
  CHECK(known(over[2]));
  CHECK(known(over[4]));
  owner.writer->maintain(t0 + std::chrono::hours{2});
  CHECK_FALSE(known(over[4]));
  CHECK(known(live));
}

TEST_CASE("a memory store keeps the newest packets of history", "[store]")
{
  troupe::store::memory_options limits;
  limits.segments_max = 2;
  auto made = troupe::store::make_memory_store({}, limits);
  session owner{*made};
  for (uint32_t i = 1; i < 6; ++i)
    add_run(owner, i, false, t0);
  auto before = *made->reader()->history(1, 1, 100);
  owner.writer->maintain(t0);
  auto after = *made->reader()->history(1, 1, 100);
  REQUIRE(after.size() == 2);
  CHECK(after.back().first_seq == before.back().first_seq);
}
