#include <catch2/catch.hpp>

#include "runtime/utc_clock.hpp"

using namespace troupe;
using namespace troupe::runtime;
using namespace std::chrono_literals;

namespace {

core::instant system_now() {
  return std::chrono::time_point_cast<core::duration>(
    std::chrono::system_clock::now());
}

} // namespace

TEST_CASE("a clock goes on from the newest stamp that is stored", "[runtime]")
{
  auto stamp = system_now() + 1h;
  utc_clock late{stamp};
  CHECK(late.now() >= stamp);
  utc_clock opened;
  CHECK(opened.now() < stamp);
  opened.not_before(stamp);
  CHECK(opened.now() >= stamp);
  opened.not_before(stamp - 1h);
  CHECK(opened.now() >= stamp);
}

TEST_CASE("time never goes back while it is eased", "[runtime]")
{
  utc_clock clock{system_now() + 1h};
  auto before = clock.now();
  for (int i = 0; i < 1000; ++i) {
    clock.ease(); // Takes 5 ms away each time: far faster than time passes.
    auto now = clock.now();
    REQUIRE(now >= before);
    before = now;
  }
}

TEST_CASE("a clock follows the system's by small steps and says how far it is",
          "[runtime]")
{
  utc_clock clock{system_now() + 1h};
  auto first = clock.ease();
  CHECK(first < -59min);
  CHECK(first > -61min);
  for (int i = 0; i < 99; ++i)
    clock.ease();
  auto later = clock.ease();
  // A hundred steps of 5 ms are half a second; both clocks went on alike.
  CHECK(later - first > 490ms);
  CHECK(later - first < 510ms);
}
