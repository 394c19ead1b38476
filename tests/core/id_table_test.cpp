#include <catch2/catch.hpp>

#include <map>

#include "core/allocation_cast.hpp"
#include "core/id_table.hpp"

using namespace test::allocation;

namespace {

struct row {
  id task;
  uint32_t value = 0;
};

} // namespace

TEST_CASE("rows are found by id and by number until they are forgotten",
          "[core]")
{
  dice roll{3};
  id_table<row> table;
  std::map<id, uint32_t> rows; // Their numbers.
  for (uint32_t i = 0; i < 20'000; ++i) {
    auto task = task_id(roll.roll(3000));
    auto pos = rows.find(task);
    REQUIRE(table.find(task) == (pos == rows.end() ? nowhere : pos->second));
    if (pos == rows.end()) {
      rows[task] = table.insert({task, i});
      REQUIRE(table[rows[task]].value == i);
    } else {
      table.forget(pos->second);
      REQUIRE(table.find(task) == nowhere);
      table.free(pos->second);
      rows.erase(pos);
    }
    REQUIRE(table.size() == rows.size());
  }
  for (auto [task, at] : rows)
    REQUIRE(table.find(task) == at);
}

TEST_CASE("a freed row is used again", "[core]")
{
  id_table<row> table;
  auto first = table.insert({task_id(1), 0});
  auto bytes = table.bytes();
  for (uint32_t i = 0; i < 100'000; ++i) {
    table.forget(first);
    table.free(first);
    first = table.insert({task_id(i + 2), 0});
  }
  CHECK(table.bytes() == bytes);
}
