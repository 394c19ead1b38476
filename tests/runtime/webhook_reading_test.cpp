#include "runtime/webhook_reading.hpp"

#include <catch2/catch.hpp>

#include "store/memory_store.hpp"

using namespace troupe;
using namespace troupe::runtime;

namespace {

constexpr uint32_t shards = 2;
const core::instant t0 = core::from_us(1'790'000'000'000'000);

/// A history with facts of one run of each shard.
struct past {
  std::unique_ptr<core::store> made = store::make_memory_store();
  std::unique_ptr<core::store_writer> writer = made->writer();
  core::opened state = *writer->open(shards, t0);
  std::unique_ptr<core::store_reader> reader = made->reader();
  known_runs known;

  void happen(uint32_t shard, uint32_t times) {
    core::batch b;
    b.shard = shard;
    b.epoch = state.epoch;
    b.first_seq = state.next_seq.at(shard);
    b.count = times;
    auto run = core::id::make(t0, static_cast<uint16_t>(shard), shard + 1);
    known[run] = true;
    core::fact_writer facts;
    for (uint32_t i = 0; i < times; ++i)
      facts.add({0, t0, core::fact_kind::run_state, run, "completed"});
    b.facts = facts.finish();
    REQUIRE(writer->append({&b}).what == core::commit::done);
    state.next_seq[shard] += times;
  }

  webhook_reading read(core::webhook_book::positions at, uint32_t first) {
    core::webhook_book::positions newest{state.next_seq.begin(),
                                         state.next_seq.end()};
    return read_events(*reader, {"default", {}}, std::move(at), newest, first,
                       known);
  }
};

} // namespace

TEST_CASE("a busy shard does not keep another one from its turn",
          "[runtime][webhooks]")
{
  past x;
  auto begin = x.state.next_seq;
  core::webhook_book::positions at{begin.begin(), begin.end()};
  x.happen(0, 150);
  x.happen(1, 3);
  auto one = x.read(at, 0);
  CHECK(one.events.size() == 100); // A whole delivery, of shard 0 alone.
  CHECK(one.after[1] == at[1]);
  CHECK(one.next == 1);
  auto two = x.read(one.after, one.next);
  CHECK(two.events.size() == 53);
  CHECK(two.events[0].find("\"event\":\"1.") != std::string::npos);
}

TEST_CASE("what is gone from the history is counted", "[runtime][webhooks]")
{
  past x;
  core::webhook_book::positions at{x.state.next_seq.begin(),
                                   x.state.next_seq.end()};
  x.state.next_seq[1] += 7; // Nothing of it is there.
  auto got = x.read(at, 0);
  CHECK(got.lost == 7);
  CHECK(got.events.empty());
  CHECK(got.after[1] == x.state.next_seq[1]);
}
