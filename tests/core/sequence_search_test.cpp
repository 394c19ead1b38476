#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include "core/sequence_search.hpp"

using namespace troupe;
using namespace troupe::core;

namespace {

/// Ten facts at each instant, from number 1 on.
struct story {
  uint64_t length = 0;
  int looks = 0;

  time_at reader() {
    return [this](uint64_t seq) -> result<std::optional<instant>> {
      ++looks;
      if (seq > length)
        return std::optional<instant>{};
      return std::optional{from_us(static_cast<int64_t>(seq / 10))};
    };
  }
};

} // namespace

TEST_CASE("the place in a history is found by time, in a few looks", "[core]")
{
  story long_one{1'000'000'000};
  auto found = first_since(long_one.reader(), from_us(77'777'777));
  REQUIRE(found);
  CHECK(*found == 777'777'769);
  CHECK(long_one.looks <= 64);
}

TEST_CASE("a history that begins late or ends early is read from its edge",
          "[core]")
{
  for (uint64_t length : {0, 1, 9, 10, 100}) {
    story x{length};
    CHECK(*first_since(x.reader(), from_us(0)) == 0);
    CHECK(*first_since(x.reader(), from_us(1'000'000)) == length);
  }
}

TEST_CASE("a history that cannot be read says so", "[core]")
{
  auto found = first_since(
    [](uint64_t) -> result<std::optional<instant>> {
      return failure{errc::store_failed, category::unknown, "torn"};
    },
    from_us(1));
  REQUIRE_FALSE(found);
  CHECK(found.error().message == "torn");
}
