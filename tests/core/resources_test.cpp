#include <catch2/catch.hpp>

#include "core/resources.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

resource_sample disk(uint64_t free) {
  resource_sample x;
  x.disk_total_bytes = 1000;
  x.disk_free_bytes = free;
  return x;
}

} // namespace

TEST_CASE("a disk that fills up is told once, and again after it had room",
          "[core]")
{
  resource_watch watch;
  CHECK(watch.look(disk(200)).empty());
  auto first = watch.look(disk(150));
  REQUIRE(first.size() == 1);
  CHECK(first[0].find("85 % full") != std::string::npos);
  CHECK(watch.look(disk(100)).empty());
  // A bit of room on the edge is no new trouble.
  CHECK(watch.look(disk(160)).empty());
  CHECK(watch.look(disk(150)).empty());
  CHECK(watch.look(disk(500)).empty());
  CHECK(watch.look(disk(0)).size() == 1);
}

TEST_CASE("open files are told before there are none left", "[core]")
{
  resource_watch watch;
  resource_sample x;
  x.open_files = 79;
  x.open_files_max = 100;
  CHECK(watch.look(x).empty());
  x.open_files = 80;
  CHECK(watch.look(x)
        == std::vector<std::string>{
          "80 of 100 files are open; raise the limit: `ulimit -n`, or "
          "LimitNOFILE= in systemd"});
}

TEST_CASE("what nobody knows is no trouble", "[core]")
{
  resource_watch watch;
  CHECK(watch.look({}).empty());
  auto odd = disk(5000); // More free than there is.
  CHECK(watch.look(odd).empty());
}

TEST_CASE("processor time is told in cores", "[core]")
{
  resource_sample before;
  resource_sample after;
  before.cpu = 10s;
  after.cpu = 13s;
  CHECK(cores_used(before, after, 2s) == Approx(1.5));
  CHECK(cores_used(after, before, 2s) == 0);
  CHECK(cores_used(before, after, 0s) == 0);
}
