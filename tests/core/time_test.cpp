#include <catch2/catch.hpp>

#include "core/time.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

TEST_CASE("durations read in both forms", "[core]")
{
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("3d") == 72h);
  CHECK(parse_duration("PT5M") == 5min);
  CHECK(parse_duration("P1DT12H") == 36h);
}

TEST_CASE("bad durations are refused", "[core]")
{
  for (auto bad : {"", "5", "s", "-1s", "1x", "P", "PT", "1s ", "9999999d"})
    CHECK_FALSE(parse_duration(bad));
}

TEST_CASE("a duration's text reads back as it was", "[core]")
{
  for (duration d : {duration{90min}, duration{1500ms}, duration{7us},
                     duration{0}, duration{100h}})
    CHECK(parse_duration(to_text(d)) == d);
}

TEST_CASE("instants read back as they were, in any offset", "[core]")
{
  auto t = from_us(1'700'000'000'123'000);
  CHECK(to_rfc3339(t) == "2023-11-14T22:13:20.123Z");
  CHECK(from_rfc3339(to_rfc3339(t)) == t);
  CHECK(to_rfc3339(from_us(INT64_MIN + 1)) == "0000-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(from_us(INT64_MAX)) == "9999-12-31T23:59:59.999Z");
  CHECK(from_rfc3339("2023-11-15T00:13:20.123+02:00") == t);
  CHECK(from_rfc3339("2023-11-14T20:43:20.123-01:30") == t);
  CHECK_FALSE(from_rfc3339("yesterday"));
  CHECK_FALSE(from_rfc3339("2023-02-30T00:00:00Z"));
  CHECK_FALSE(from_rfc3339("2023-02-03T00:00:00"));
}
