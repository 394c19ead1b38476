#include <catch2/catch.hpp>

#include "actors/house_stage.hpp"
#include "actors/monitors.hpp"

namespace troupe::test {

namespace {

/// A clock beside one scripted shard.
struct clock_stage : house_stage {
  neighbour shard{sys};
  clock_actor who;

  clock_stage() {
    place(shard_names, "0", shard.handle);
    house_ptr shared = home;
    who = sys.spawn(clock_keeper, shared, [] { return core::duration{}; });
    settle();
  }
  ~clock_stage() {
    caf::anon_send_exit(who, caf::exit_reason::kill);
    settle();
  }

  void pass(int ms) {
    scheduler.advance_time(std::chrono::milliseconds{ms});
    settle();
  }
  bool woken() {
    return shard.take_after<settle_atom, later_atom>().has_value();
  }
};

} // namespace

TEST_CASE_METHOD(clock_stage, "a clock that begins anew wakes who waited",
                 "[actors]") {
  CHECK(woken());
  CHECK_FALSE(woken());
}

TEST_CASE_METHOD(clock_stage, "mere news waits ten milliseconds", "[actors]") {
  CHECK(woken());
  caf::anon_send(who, later_atom_v, 0u);
  settle();
  CHECK_FALSE(woken());
  pass(9);
  CHECK_FALSE(woken());
  pass(1);
  CHECK(woken());
  caf::anon_send(who, later_atom_v, 0u);
  settle();
  pass(10);
  CHECK(woken());
}

} // namespace troupe::test
