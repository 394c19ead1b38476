#include <catch2/catch.hpp>

#include <filesystem>
#include <random>

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"
#include "runtime/load.hpp"
#include "runtime/node_insides.hpp"
#include "store/fault_vfs.hpp"
#include "store/sqlite_store.hpp"

// A whole node on a disk that fails.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

struct faults_end {
  ~faults_end() { use_faults({}); }
};

void check_store(const std::string& data) {
  store::sqlite_options opts;
  opts.directory = data;
  auto problems = store::make_sqlite_store(opts)->reader()->check(true);
  REQUIRE(problems);
  CHECK(*problems == std::vector<std::string>{});
}

/// A node under load while its disk fails again and again.
void fail_each(const std::vector<fault_plan>& plans) {
  faults_end around;
  directory dir;
  witness w;
  {
    node n{quiet(dir / "data")};
    node_insides::store_options(n).vfs = fault_vfs();
    // So that upkeep meets some of the faults.
    node_insides::store_options(n).wal_checkpoint_bytes = 256 << 10;
    add_slow(n, w, 2ms, 8);
    REQUIRE_FALSE(n.start());
    load l{n};
    l.begin();
    for (const auto& plan : plans) {
      use_faults(plan);
      auto seen = w.tasks();
      CHECK(l.until([&] { return faults_given() && w.tasks() >= seen + 20; }));
    }
    use_faults({});
    REQUIRE(l.end());
    INFO(l.story());
    CHECK(l.wrong() == 0);
    CHECK(w.tasks() == l.tasks());
    // Hosts kept what their agents had done while nobody knew.
    CHECK(w.repeated() == 0);
    auto stopped = n.stop();
    INFO(stopped.message);
    CHECK_FALSE(stopped);
  }
  check_store(dir / "data");
}

std::vector<fault_plan> ten(disk_op what, int code) {
  std::vector<fault_plan> all;
  std::mt19937 random{7};
  for (int i = 0; i < 10; ++i)
    all.push_back(
      {what, static_cast<uint32_t>(1 + random() % 40), code, false, 0, 0});
  return all;
}

} // namespace

TEST_CASE("a sync that fails costs a reload and loses nothing", "[runtime]")
{ fail_each(ten(disk_op::sync, SQLITE_IOERR_FSYNC)); }

TEST_CASE("a write that fails costs a reload and loses nothing", "[runtime]")
{ fail_each(ten(disk_op::write, SQLITE_IOERR_WRITE)); }

TEST_CASE("a disk without room now and then is waited for", "[runtime]")
{ fail_each(ten(disk_op::write, SQLITE_FULL)); }

TEST_CASE("a disk that takes no writes for long is read and waited for",
          "[runtime]")
{
  // As a full disk, one that is read-only, and one that turns so under an open
  // file: Linux says it is an I/O error then.
  auto code = GENERATE(SQLITE_FULL, SQLITE_READONLY, SQLITE_IOERR_WRITE);
  CAPTURE(code);
  faults_end around;
  directory dir;
  witness w;
  {
    node n{quiet(dir / "data")};
    node_insides::store_options(n).vfs = fault_vfs();
    add_slow(n, w, 2ms, 8);
    REQUIRE_FALSE(n.start());
    load l{n};
    l.begin();
    CHECK(l.until([&] { return w.tasks() >= 100; }));
    use_faults({disk_op::write, 1, code, true, 0, 0});
    CHECK(l.until([&] { return faults_given() >= 5; }));
    auto runs = ask(n, "runs")["runs"];
    REQUIRE_FALSE(runs.empty());
    CHECK(ask(n, "tasks", {{"run", runs.back()["run"]}})["tasks"].size() == 20);
    auto before = w.tasks();
    use_faults({});
    CHECK(l.until([&] { return w.tasks() >= before + 100; }));
    REQUIRE(l.end());
    INFO(l.story());
    CHECK(l.wrong() == 0);
    CHECK(w.tasks() == l.tasks());
    CHECK(w.repeated() == 0);
  }
  check_store(dir / "data");
}
