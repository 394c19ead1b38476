#include <catch2/catch.hpp>

#include "core/window.hpp"

using namespace troupe::core;

namespace {

const window_options small{.ready_max = 100, .lane_max = 50, .lane_floor = 10};

id run(uint64_t n) {
  return {n << 16, n << 32};
}

instant at(int64_t second) {
  return instant{std::chrono::seconds{second}};
}

} // namespace

TEST_CASE("a lane takes new work until it is full", "[window]")
{
  window w{small};
  CHECK(w.room_for({{"a", 500}}));
  w.enter("a", 50);
  CHECK_FALSE(w.room_for({{"a", 1}}));
  CHECK(w.room_for({{"b", 1}}));
  w.leave("a", 1);
  CHECK(w.room_for({{"a", 1}}));
}

TEST_CASE("every lane has its floor, however full the window is", "[window]")
{
  window w{small};
  w.enter("a", 50);
  w.enter("b", 50);
  w.enter("c", 9);
  CHECK(w.room_for({{"c", 1}}));
  w.enter("c", 1);
  CHECK_FALSE(w.room_for({{"c", 1}}));
}

TEST_CASE("new work does not overtake what waits in its lane", "[window]")
{
  window w{small};
  w.park(run(1), at(1), {{"a", 5}});
  CHECK_FALSE(w.room_for({{"a", 1}}));
  CHECK(w.parked() == 1);
  CHECK(w.parked_tasks() == 5);
  CHECK(w.next() == run(1));
  CHECK(w.parked_tasks() == 0);
}

TEST_CASE("the oldest of the emptiest lane comes first", "[window]")
{
  window w{small};
  w.enter("a", 5);
  w.park(run(1), at(3), {{"a", 1}});
  w.park(run(2), at(2), {{"b", 1}});
  w.park(run(3), at(1), {{"b", 1}});
  CHECK(w.next() == run(3));
  CHECK(w.next() == run(2));
  CHECK(w.next() == run(1));
  CHECK_FALSE(w.next());
}

TEST_CASE("what is being loaded has its place already", "[window]")
{
  window w{small};
  for (uint64_t i = 1; i <= 100; ++i)
    w.park(run(i), at(1), {{"a", 20}});
  // 20, 40, 60: the third began when there was room still.
  CHECK(w.next());
  CHECK(w.next());
  CHECK(w.next());
  CHECK_FALSE(w.next());
  CHECK(w.live() == 60);
  w.arrived(run(1));
  CHECK(w.live() == 40);
  w.enter("a", 20);
  CHECK_FALSE(w.next());
  w.arrived(run(1)); // Said twice: no effect.
  w.arrived(run(77));
  CHECK(w.live() == 60);
}

TEST_CASE("a parked run that is taken away leaves nothing behind", "[window]")
{
  window w{small};
  w.park(run(1), at(1), {{"a", 5}, {"b", 2}});
  CHECK(w.forget(run(1)));
  CHECK_FALSE(w.forget(run(1)));
  CHECK(w.parked_tasks() == 0);
  CHECK(w.room_for({{"a", 1}, {"b", 1}}));
  CHECK_FALSE(w.next());
}

TEST_CASE("a window knows whose work is ready, live or as a row", "[window]")
{
  window w{small};
  auto lane = lane_of("ann", {}, 5);
  CHECK_FALSE(w.has_work_of("ann"));
  w.enter(lane, 1);
  CHECK(w.has_work_of("ann"));
  CHECK_FALSE(w.has_work_of("an"));
  CHECK_FALSE(w.has_work_of("anna"));
  w.leave(lane, 1);
  CHECK_FALSE(w.has_work_of("ann"));
  w.park(run(1), at(1), {{lane, 3}});
  CHECK(w.has_work_of("ann"));
  w.forget(run(1));
  CHECK_FALSE(w.has_work_of("ann"));
}
