#include "actors/crew_stage.hpp"

// What agents say, on its way.

using namespace troupe;
using namespace troupe::test;

TEST_CASE_METHOD(crew_cast,
                 "what an agent says is told while it works and at "
                 "its end",
                 "[host][logs]") {
  put(ann("v1"));
  offer(1);
  offer(2);
  log.by_name.at("s1").log("hello");
  auto host = home->host("ann").handle();
  auto first = make_work(1, "a")->key;
  auto so_far = ask<live_log>(host, log_atom_v, first.task);
  REQUIRE(so_far);
  CHECK(so_far->attempt == first.attempt);
  REQUIRE(so_far->log);
  CHECK(so_far->log->lines.str().ends_with(" hello\n"));
  CHECK_FALSE(ask<live_log>(host, log_atom_v, make_work(99, "a")->key.task));
  answer("s1");
  answer("s2");
  auto end = shard.take<ended_list>();
  auto other = shard.take<ended_list>();
  REQUIRE(end);
  REQUIRE(other);
  CHECK(end->items[0].log->lines == so_far->log->lines);
  CHECK(other->items[0].log == nullptr); // It said nothing.
}
