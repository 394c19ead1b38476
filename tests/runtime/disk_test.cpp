#include <catch2/catch.hpp>

#include <filesystem>
#include <random>

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "core/api.hpp"
#include "runtime/agents.hpp"
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
void fail_each(const std::vector<fault_plan>& plans, int runs) {
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
    load l{n, runs};
    l.begin();
    uint32_t given = 0;
    for (const auto& plan : plans) {
      if (l.left() <= 4)
        break;
      use_faults(plan);
      auto seen = w.tasks();
      for (int k = 0; k < 2000 && (w.tasks() < seen + 20 || !faults_given());
           ++k) {
        std::string body;
        (void)n.ask("status", "{}", body);
      }
      given += faults_given();
    }
    use_faults({});
    CHECK(given >= plans.size() / 2);
    REQUIRE(l.wait());
    INFO(l.story());
    CHECK(l.wrong() == 0);
    CHECK(w.tasks() == static_cast<size_t>(runs) * 20);
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
{ fail_each(ten(disk_op::sync, SQLITE_IOERR_FSYNC), 40); }

TEST_CASE("a write that fails costs a reload and loses nothing", "[runtime]")
{ fail_each(ten(disk_op::write, SQLITE_IOERR_WRITE), 40); }

TEST_CASE("a disk without room now and then is waited for", "[runtime]")
{ fail_each(ten(disk_op::write, SQLITE_FULL), 40); }
