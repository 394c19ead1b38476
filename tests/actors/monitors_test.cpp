#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "actors/monitors.hpp"
#include "actors/stage.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct messages_config : stage_config {
  messages_config() { add_message_types<caf::id_block::troupe>(); }
};

struct monitor_stage : basic_stage<messages_config> {
  monitor_stage() {
    auto made = std::make_shared<house>();
    made->now = [this] {
      return core::from_us(1'800'000'000'000'000
                           + std::chrono::duration_cast<core::duration>(
                               scheduler.clock().now().time_since_epoch())
                               .count());
    };
    made->warn = [this](const std::string& text) { warnings.push_back(text); };
    made->directory = {std::make_shared<roster>(), "directory"};
    made->readers.emplace_back(std::make_shared<roster>(), "0");
    home = made;
  }

  std::vector<std::string> warnings;
  house_ptr home;
};

} // namespace

TEST_CASE_METHOD(monitor_stage, "the clock is eased once a second",
                 "[actors]") {
  int eased = 0;
  auto who = sys.spawn(clock_keeper, home, [&eased] {
    ++eased;
    return core::duration{};
  });
  advance(10s, 100ms);
  CHECK(eased == 10);
  CHECK(warnings.empty());
}

TEST_CASE_METHOD(monitor_stage, "a jump of the system's clock is told once",
                 "[actors]") {
  core::duration ahead{};
  auto who = sys.spawn(clock_keeper, home, [&ahead] { return ahead; });
  advance(3s, 100ms);
  ahead = -90s;
  advance(5s, 100ms);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("1m30s behind the node's time") != std::string::npos);
  ahead = {};
  advance(2s, 100ms);
  ahead = 2s;
  advance(2s, 100ms);
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[1].find("2s ahead of the node's time") != std::string::npos);
}

TEST_CASE_METHOD(monitor_stage, "resources are looked at and told",
                 "[actors]") {
  core::resource_sample now;
  now.rss_bytes = 1000;
  now.disk_total_bytes = 100;
  now.disk_free_bytes = 50;
  auto who = sys.spawn(resource_monitor, home, sampler{[&now] { return now; }});
  settle();
  now.cpu = 10s;
  now.disk_free_bytes = 1;
  advance(5s, 100ms);
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("99 % full") != std::string::npos);
  auto told = ask<std::string>(who, stats_atom_v);
  REQUIRE(told);
  auto x = nlohmann::json::parse(*told);
  CHECK(x["rss_bytes"] == 1000);
  CHECK(x["cpu_s"] == 10.0);
  CHECK(x["cores"].get<double>() == Approx(2).epsilon(0.05));
}

TEST_CASE_METHOD(monitor_stage,
                 "whoever asks for a time while readers are down is answered",
                 "[actors]") {
  auto who = sys.spawn(progress_monitor, home);
  auto run = core::id::make(home->now(), 1, 1);
  for (int i = 0; i < 2; ++i) {
    auto told = ask<std::string>(who, stats_atom_v, run);
    REQUIRE(told);
    CHECK(*told == "null");
    advance(1500ms, 100ms);
  }
}
