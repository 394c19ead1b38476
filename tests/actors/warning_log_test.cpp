#include <catch2/catch.hpp>

#include "actors/warning_log.hpp"

using namespace troupe;

namespace {

core::instant at(int64_t us) {
  return core::from_us(us);
}

} // namespace

TEST_CASE("the same warning again is one entry with a number", "[actors]")
{
  warning_log log;
  log.add("a", at(1));
  log.add("b", at(2));
  log.add("a", at(3));
  auto all = log.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].text == "b");
  CHECK(all[1].text == "a");
  CHECK(all[1].times == 2);
  CHECK(all[1].first == at(1));
  CHECK(all[1].last == at(3));
}

TEST_CASE("the oldest warnings are forgotten", "[actors]")
{
  warning_log log;
  for (size_t i = 0; i <= warning_log::warnings_max; ++i)
    log.add(std::to_string(i), at(1));
  auto all = log.all();
  REQUIRE(all.size() == warning_log::warnings_max);
  CHECK(all.front().text == "1");
}

TEST_CASE("a long warning is cut before a character", "[actors]")
{
  warning_log log;
  log.add(std::string(warning_log::warning_bytes_max - 1, 'x') + "\u00e9",
          at(1));
  CHECK(log.all()[0].text.size() == warning_log::warning_bytes_max - 1);
}
