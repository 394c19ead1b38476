#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "runtime/outward_scene.hpp"

// What of the task queue leaves a node: calls of agents, alerts, the log.

using namespace troupe;
using namespace troupe::test;

namespace {

const std::string strategy_id = "0190a1b2-0000-7000-8000-00000000000a";

json one_post() {
  return {{"id", strategy_id},
          {"campaign_calendar",
           {{"phases",
             {{{"phase_name", "Phase 1"},
               {"key_activities", {"Publish 12 blog posts"}}}}}}}};
}

std::vector<json> lines_of(const std::string& file) {
  std::ifstream from{file};
  std::vector<json> all;
  for (std::string line; std::getline(from, line);)
    all.push_back(json::parse(line));
  return all;
}

/// At any time of day, and only when asked to.
constexpr auto calm_queue = "sweep: off, cron: off, quiet: off";

} // namespace

TEST_CASE("a task of the queue reaches its agent as the contract says, and is "
          "a line of the log",
          "[outward][queue]")
{
  odd_server server{always(200, R"({"text":"tea"})")};
  directory where;
  auto file = where / "log";
  scene at{"log: {format: json, level: info, file: '" + file
           + "'}\noutbound: {base: '" + server.address()
           + "'}\nagents:\n  content-generator: {kind: http}\ntask_queue: {"
           + calm_queue + "}\n"};
  at.start();
  at.ask("queue_strategy", one_post());
  auto made = at.ask("queue_decompose", {{"strategy_id", strategy_id}});
  auto task = made["tasks"][0];
  CHECK(at.ask("queue_execute")["tasks_executed"] == 1);
  auto came = server.wait_for(1);
  CHECK(came.target == "/api/agents/content-generator");
  auto body = json::parse(came.body);
  CHECK(body["task_id"] == task["id"]);
  CHECK(body["description"] == "Publish 12 blog posts");
  CHECK(body["input"] == task["input_data"]);
  at.node.stop();
  auto all = lines_of(file);
  auto line = std::find_if(all.begin(), all.end(), [](const json& x) {
    return x["event"] == "task.executed";
  });
  REQUIRE(line != all.end());
  auto took = (*line)["details"]["duration_ms"];
  CHECK(took.is_number());
  for (auto name : {"at", "level", "event"})
    line->erase(name);
  CHECK(*line
        == json{{"org_id", "default"},
                {"action", "task.executed"},
                {"resource", "autonomous_tasks"},
                {"resource_id", task["id"]},
                {"agent", "task-orchestrator"},
                {"status", "completed"},
                {"details",
                 {{"assigned_agent", "content-generator"},
                  {"duration_ms", took},
                  {"retry_count", 0}}}});
}

TEST_CASE("an alert of a queue goes to the log, a webhook and a command, when "
          "it begins and when it is over",
          "[outward][queue]")
{
  odd_server server{always(200, "")};
  directory where;
  auto file = where / "log";
  auto told = where / "told";
  auto hook = [&](const std::string& name) {
    return "  " + name + ": {url: '" + server.address() + "/" + name
           + "', secret: env:TROUPE_TEST_SECRET, events: [alert], workspace: "
           + name + "}\n";
  };
  scene at{"log: {format: json, file: '" + file + "'}\nwebhooks:\n"
           + hook("default") + hook("blue") + "task_queue: {" + calm_queue
           + ", alerts: {depth: 1, command: 'echo $TROUPE_ALERT_NAME "
             "$TROUPE_ALERT_AUDIENCE $TROUPE_ALERT_WORKSPACE "
             "$TROUPE_ALERT_OVER >> "
           + told + "'}}\n"};
  at.start();
  std::vector<json> events;
  auto until_told = [&](bool over) {
    until(server, [&](const auto& all) {
      events.clear();
      for (const auto& x : all) {
        CHECK(x.target == "/default"); // It is nobody else's matter.
        auto body = json::parse(x.body);
        for (const auto& event : body["events"])
          events.push_back(event);
      }
      return !events.empty() && events.back()["over"] == over;
    });
  };
  at.ask("queue_strategy", one_post());
  std::vector<json> tasks;
  for (int i = 0; i < 3; ++i) {
    auto made = at.ask("queue_decompose", {{"strategy_id", strategy_id}});
    tasks.push_back(made["tasks"][0]["id"]);
  }
  until_told(false);
  for (const auto& x : tasks)
    at.ask("queue_cancel", {{"task", x}});
  at.ask("queue_execute");
  until_told(true);
  REQUIRE(events.size() == 2); // Three decompositions are one alert.
  CHECK(events[0]["alert"] == "queue_depth");
  CHECK(events[0]["audience"] == "ops");
  CHECK(events[0]["workspace"] == "default");
  CHECK(events[1]["alert"] == "queue_depth");
  auto lines = [&] {
    std::ifstream from{told};
    std::set<std::string> all;
    for (std::string line; std::getline(from, line);)
      all.insert(line);
    return all;
  };
  while (lines().size() < 2)
    std::this_thread::yield();
  CHECK(lines()
        == std::set<std::string>{"queue_depth ops default 0",
                                 "queue_depth ops default 1"});
  CHECK(at.ask("status").dump().find("alert queue_depth for ops: ")
        != std::string::npos);
  at.node.stop();
  auto log = lines_of(file);
  REQUIRE(log.size() == 2);
  CHECK(log[0]["event"] == "alert");
  CHECK(log[0]["level"] == "warning");
  CHECK(log[0]["alert"] == "queue_depth");
  CHECK(log[0]["over"] == false);
  CHECK(log[1]["over"] == true);
}

TEST_CASE("the command of an alert that is still there when a node ends does "
          "no harm",
          "[outward][queue]")
{
  directory where;
  auto begun = where / "begun";
  {
    scene at{"task_queue: {" + std::string{calm_queue}
             + ", alerts: {depth: 1, command: 'touch " + begun
             + "; exec sleep 600'}}\n"};
    at.start();
    at.ask("queue_strategy", one_post());
    for (int i = 0; i < 2; ++i)
      at.ask("queue_decompose", {{"strategy_id", strategy_id}});
    while (!std::filesystem::exists(begun))
      std::this_thread::yield();
  }
  CHECK(std::filesystem::exists(begun));
}
