#include "runtime/agents.hpp"
#include "runtime/asking.hpp"

#include <cstdlib>
#include <fstream>

#include <sys/wait.h>

#include "runtime/directory.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// The value of the sample with these labels among others; -1: there is none.
double value_of(const json& all, const std::string& name,
                const json& labels = json::object()) {
  for (const auto& family : all["metrics"]) {
    if (family["name"] != name)
      continue;
    for (const auto& x : family["samples"]) {
      auto same = true;
      for (const auto& [key, value] : labels.items())
        same = same && x["labels"].value(key, "") == value;
      if (same)
        return x.contains("count") ? x["count"] : x["value"];
    }
  }
  return -1;
}

/// The exit code of `promtool check metrics`; what it says goes to stderr.
int promtool(const std::string& text, const std::string& file) {
  std::ofstream{file} << text;
  auto line = "promtool check metrics < '" + file + "'";
  auto status = std::system(line.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("a node counts what it did", "[metrics]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto done = n.run(tasks_for("echo", 3));
  REQUIRE(done.state == "completed");
  auto all = ask(n, "metrics");
  CHECK(value_of(all, "troupe_runs_accepted_total") == 1);
  CHECK(value_of(all, "troupe_runs_ended_total", {{"state", "completed"}})
        == 1);
  CHECK(value_of(all, "troupe_tasks_ended_total",
                 {{"workspace", "default"}, {"state", "completed"}})
        == 3);
  CHECK(value_of(all, "troupe_agent_attempts_total", {{"agent", "echo"}}) == 3);
  CHECK(value_of(all, "troupe_agent_slots", {{"agent", "echo"}}) == 100);
  CHECK(value_of(all, "troupe_agent_load", {{"agent", "echo"}}) == 0);
  CHECK(value_of(all, "troupe_ready") == 1);
  CHECK(value_of(all, "troupe_store_commits_total") >= 1);
  CHECK(value_of(all, "process_resident_memory_bytes") > 0);
}

TEST_CASE("tasks that wait are shown with what they wait for", "[metrics]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  REQUIRE_FALSE(n.submit_tasks(tasks_for("nobody.has.it", 2)).error);
  json labels{{"workspace", "default"}, {"capabilities", "nobody.has.it"}};
  // The coordinator hears of them after the answer.
  auto waiting = [&] {
    return value_of(ask(n, "metrics"), "troupe_queue_tasks", labels);
  };
  for (int i = 0; i < 1000 && waiting() != 2; ++i)
    std::this_thread::yield();
  auto all = ask(n, "metrics");
  CHECK(value_of(all, "troupe_queue_tasks", labels) == 2);
  CHECK(value_of(all, "troupe_queue_impossible_tasks", labels) == 2);
  CHECK(value_of(all, "troupe_queue_oldest_seconds", labels) >= 0);
}

TEST_CASE("promtool has nothing to say against the figures", "[metrics]")
{
  directory where;
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  REQUIRE(n.run(tasks_for("echo", 3)).state == "completed");
  REQUIRE_FALSE(n.submit_tasks(tasks_for("nobody.has.it", 2)).error);
  auto text = ask(n, "metrics", {{"text", true}})["text"].get<std::string>();
  CHECK(promtool(text, where / "metrics") == 0);
  CHECK(promtool(text + "troupe_ready one\n", where / "bad") != 0);
}
