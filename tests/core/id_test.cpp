#include <catch2/catch.hpp>

#include "core/id.hpp"

using namespace troupe::core;

TEST_CASE("an id carries its time, slot and number", "[core]")
{
  auto run = id::make(from_us(1'700'000'000'123'000), 0xabc, 77);
  CHECK(run.slot() == 0xabc);
  CHECK(run.number() == 0);
  CHECK(run.high >> 16 == 1'700'000'000'123u);
  auto task = run.with(42);
  CHECK(task.number() == 42);
  CHECK(task.run() == run);
  CHECK(run < task);
  CHECK(task < run.with(43));
}

TEST_CASE("an id's text and bytes read back as they were", "[core]")
{
  auto x = id::make(from_us(1'700'000'000'123'000), 5, 9).with(id::number_max);
  auto shown = to_string(x);
  CHECK(shown.size() == 36);
  CHECK(shown[14] == '7'); // UUID version 7.
  CHECK(id_from(shown) == x);
  CHECK(id_from_bytes(to_bytes(x)) == x);
  CHECK_FALSE(id_from("not an id"));
  shown[8] = '0';
  CHECK_FALSE(id_from(shown));
}
