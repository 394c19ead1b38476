#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <sqlite3.h>
#include <sys/mount.h>
#include <unistd.h>

#include "store/aftermath.hpp"
#include "store/fault_vfs.hpp"
#include "store/samples.hpp"

// Disks that fail: what is acknowledged stays, what is not is told right.

using namespace troupe;
using namespace troupe::core;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Six commits and upkeep with a fault at one point. True if it was met.
bool survive(fault_plan plan) {
  no_faults around;
  scratch place;
  auto options = place.options();
  options.vfs = fault_vfs();
  options.wal_checkpoint_bytes = 16 * 1024;
  auto made = troupe::store::make_sqlite_store(options);
  std::vector<id> acknowledged;
  {
    session owner{*made};
    faults() = plan;
    for (uint32_t i = 1; i <= 6; ++i) {
      auto b = sample_batch(i % shards, i, 20);
      auto report = owner.append(b);
      if (report.what == commit::rolled_back) {
        CHECK(report.why.code == errc::store_full);
        faults().nth = 0;
        report = owner.append(b); // It was kept, and goes in now.
        CHECK(report.what == commit::done);
      }
      if (report.what != commit::done) {
        CHECK(report.what == commit::unknown);
        CHECK(report.why.code == errc::store_failed);
        auto more = sample_batch(0, 500, 1);
        CHECK(owner.append(more).what == commit::unknown);
        break;
      }
      acknowledged.push_back(b.runs[0].key);
      owner.writer->maintain(t0 + i * 10s);
    }
  }
  auto hits = faults().hits;
  faults() = {};
  check_after(*made, acknowledged);
  return hits > 0;
}

} // namespace

TEST_CASE("a full disk at any write loses nothing and is tried again",
          "[store][faults]")
{
  uint32_t n = 1;
  while (survive({disk_op::write, n, SQLITE_FULL, true}))
    ++n;
  CHECK(n > 20);
}

TEST_CASE("a disk that turns read-only is told as such", "[store][faults]")
{ CHECK(survive({disk_op::write, 5, SQLITE_READONLY, true})); }

TEST_CASE("a write error at any point loses nothing acknowledged",
          "[store][faults]")
{
  uint32_t n = 1;
  while (survive({disk_op::write, n, SQLITE_IOERR_WRITE, false}))
    ++n;
  CHECK(n > 20);
}

TEST_CASE("a failed sync at any point loses nothing acknowledged",
          "[store][faults]")
{
  uint32_t n = 1;
  while (survive({disk_op::sync, n, SQLITE_IOERR_FSYNC, true}))
    ++n;
  CHECK(n > 6);
}

TEST_CASE("an open that fails at any write leaves a store that opens",
          "[store][faults]")
{
  no_faults around;
  auto code = GENERATE(SQLITE_FULL, SQLITE_IOERR_WRITE);
  uint32_t n = 1;
  for (auto met = true; met; n += 2) {
    scratch place;
    auto options = place.options();
    options.vfs = fault_vfs();
    auto made = troupe::store::make_sqlite_store(options);
    faults() = {disk_op::write, n, code, true};
    {
      auto opened = made->writer()->open(shards, t0);
      met = faults().hits > 0;
      CHECK(static_cast<bool>(opened) == !met);
    }
    faults() = {};
    check_after(*made, {});
  }
  CHECK(n > 20);
}

TEST_CASE("a really full disk closes nothing but intake", "[store][faults]")
{
  scratch place;
  std::filesystem::create_directories(place.path());
  if (::geteuid() != 0
      || ::mount("none", place.path().c_str(), "tmpfs", 0, "size=8m") != 0) {
    WARN("SKIPPED: mounting a small tmpfs needs root");
    return;
  }
  {
    auto options = place.options();
    options.ballast_bytes = 512 * 1024;
    auto made = troupe::store::make_sqlite_store(options);
    session owner{*made};
    CHECK(std::filesystem::exists(place.path() / "ballast"));
    batch last;
    commit_report report;
    uint32_t i = 0;
    do {
      last = sample_batch(0, ++i, 200);
      report = owner.append(last);
    } while (report.what == commit::done && i < 1000);
    REQUIRE(report.what == commit::rolled_back);
    CHECK(report.why.code == errc::store_full);
    CHECK(owner.writer->stats().disk_used > 0.7);
    // The ballast has made room for what was accepted before.
    CHECK_FALSE(std::filesystem::exists(place.path() / "ballast"));
    CHECK(owner.append(last).what == commit::done);
    CHECK(made->reader()->check(true)->empty());
    CHECK(*made->reader()->find_run(last.runs[0].key));
  }
  CHECK(::umount(place.path().c_str()) == 0);
}

TEST_CASE("a read-only directory is refused with the reason", "[store][faults]")
{
  scratch place;
  std::filesystem::create_directories(place.path());
  if (::geteuid() != 0
      || ::mount("none", place.path().c_str(), "tmpfs", MS_RDONLY, "size=1m")
           != 0) {
    WARN("SKIPPED: mounting a tmpfs needs root");
    return;
  }
  auto made = troupe::store::make_sqlite_store(place.options());
  auto opened = made->writer()->open(shards, t0);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::store_full);
  CHECK(opened.error().message.find("Read-only") != std::string::npos);
  CHECK(::umount(place.path().c_str()) == 0);
}
