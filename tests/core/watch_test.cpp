#include <catch2/catch.hpp>

#include "core/watch.hpp"

using namespace troupe;
using namespace troupe::core;

TEST_CASE("a cursor says where each shard stands, and nothing else", "[core]")
{
  for (const auto& x : std::vector<positions>{{1},
                                              {5},
                                              {1, 1, 1},
                                              {1, 300, 1, 2},
                                              {9, 1u << 30, 1, 1},
                                              {1, 1, INT64_MAX},
                                              positions(4096, 77)})
    CHECK(positions_from(to_cursor(x)) == x);
  CHECK(to_cursor(positions(64, 1)).size() < 8);
  CHECK(to_cursor(positions(64, 1'000'000)).size() < 400);
}

TEST_CASE("what is no cursor is not taken for one", "[core]")
{
  auto good = to_cursor({1, 300, 1, 2});
  for (std::string bad : {"", "1", "0AQ", "2AQ", "1A", "17", "1!!", "1AAAA"}) {
    INFO(bad);
    CHECK(!positions_from(bad));
  }
  CHECK(!positions_from(good + "A="));
  // Each cursor has one text: nothing is left over behind its last byte.
  CHECK(positions_from("1AQ") == positions{1});
  CHECK(!positions_from("1AR"));
  // A shard beyond the last one.
  CHECK(positions_from("1AQAH") == positions{7});
  CHECK(!positions_from("1AQEH"));
  // Every single wrong byte is harmless.
  for (size_t i = 0; i < good.size(); ++i)
    for (int c = 1; c < 256; ++c) {
      auto text = good;
      text[i] = static_cast<char>(c);
      if (auto read = positions_from(text))
        CHECK(read->size() <= cursor_shards_max);
    }
}

TEST_CASE("kinds of events are named one by one or in groups", "[core]")
{
  CHECK(*event_kinds_from("task_ended") == bit_of(fact_kind::task_ended));
  CHECK(*event_kinds_from("task_ended, log")
        == (bit_of(fact_kind::task_ended) | log_bit));
  auto tasks = *event_kinds_from("tasks");
  CHECK((tasks & bit_of(fact_kind::task_started)) != 0);
  CHECK((tasks & progress_bit) != 0);
  CHECK((tasks & bit_of(fact_kind::run_state)) == 0);
  CHECK(*event_kinds_from("logs") == log_bit);
  auto wrong = event_kinds_from("runs,task_endet");
  REQUIRE(!wrong);
  CHECK_THAT(wrong.error().message, Catch::Contains("task_ended"));
}

TEST_CASE("every kind of fact is in a group", "[core]")
{
  auto all = *event_kinds_from("runs tasks decisions logs");
  for (uint8_t i = 1; !to_string(fact_kind{i}).empty(); ++i) {
    INFO(to_string(fact_kind{i}));
    // When a process begins: no run's, so nobody's.
    CHECK((fact_kind{i} == fact_kind::epoch_open
           || (all & bit_of(fact_kind{i})) != 0));
  }
}

TEST_CASE("a filter wants its kinds and its task only", "[core]")
{
  auto task = *id_from("0190a1b2-0000-7000-8000-000000000001");
  watch_filter any;
  CHECK(any.wants(log_bit, task));
  watch_filter some{bit_of(fact_kind::task_ended), task, {}};
  CHECK(some.wants(bit_of(fact_kind::task_ended), task));
  CHECK(!some.wants(bit_of(fact_kind::task_started), task));
  CHECK(!some.wants(bit_of(fact_kind::task_ended), task.with(2)));
}
