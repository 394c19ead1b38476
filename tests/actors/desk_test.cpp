#include <catch2/catch.hpp>

#include "actors/desk.hpp"
#include "actors/house_stage.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A desk before one scripted shard.
struct cast : house_stage {
  neighbour shard{sys};
  desk_actor door;
  std::vector<answer> answers;

  cast() {
    place(shard_names, "0", shard.handle);
    house_ptr shared = home;
    door = sys.spawn(desk, shared);
  }
  ~cast() {
    caf::anon_send_exit(door, caf::exit_reason::kill);
    settle();
  }

  void give(bool resent) {
    command x;
    x.target = run;
    x.resent = resent;
    caf::anon_send(door, std::move(x),
                   answer_callback{[this](answer y) { answers.push_back(y); }});
    settle();
  }
};

} // namespace

TEST_CASE_METHOD(cast, "a command is given to each life of its shard, once",
                 "[desk]") {
  give(false);
  auto first = shard.take<command>();
  REQUIRE(first);
  CHECK_FALSE(first->resent);
  advance(1s, 100ms);
  CHECK_FALSE(shard.take<command>());
  place(shard_names, "0", shard.handle);
  advance(1s, 100ms);
  auto second = shard.take<command>();
  REQUIRE(second);
  CHECK(second->resent);
  CHECK(second->number == first->number);
  caf::anon_send(door, answer{first->number, {}, run, {}});
  caf::anon_send(door, answer{first->number, {}, run, {}});
  settle();
  CHECK(answers.size() == 1);
}

TEST_CASE_METHOD(cast, "what another desk may have given stays marked so",
                 "[desk]") {
  give(true);
  auto x = shard.take<command>();
  REQUIRE(x);
  CHECK(x->resent);
}
