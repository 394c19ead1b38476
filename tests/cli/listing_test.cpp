#include <catch2/catch.hpp>

#include "cli/console.hpp"

// Listings with --watch: on a terminal, and as lines.

using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// Its agent has one task more each time that it is asked.
void count_up(console& at, int& asked) {
  at.api->on("agents", [&](const troupe::core::api_request&) {
    json one{{"name", "a"}, {"load", std::min(++asked, 3)}, {"max_load", 4}};
    return troupe::core::api_answer{
      {}, {}, troupe::core::text{json{{"agents", {one}}}.dump()}, {}};
  });
  // A stream that breaks at once is news each time.
  at.api->play({{"1", R"({"kind": "task_ended"})", true}});
}

struct one_screen : full_screen {
  one_screen(std::string& shown, int& draws) : shown_(shown), draws_(draws) {}
  screen_size size() override { return {3, 40}; }
  void show(const std::vector<screen_line>& lines) override {
    shown_.clear();
    for (const auto& x : lines)
      shown_ += x.text + "\n";
  }
  std::string key(std::chrono::milliseconds) override {
    return ++draws_ < 3 ? "" : "q";
  }
  std::string& shown_;
  int& draws_;
};

} // namespace

TEST_CASE("a watched listing is written whenever it has changed", "[cli]")
{
  console at;
  int asked = 0;
  count_up(at, asked);
  at.interrupted = [&] { return asked >= 5; };
  CHECK(at.run({"agents", "--watch"}) == exit_interrupted);
  std::string heading = "AGENT  KIND  STATE  LOAD  CAPABILITIES\n";
  CHECK(at.out.str()
        == heading + "a                    1/4\n\n" + heading
             + "a                    2/4\n\n" + heading
             + "a                    3/4\n");
}

TEST_CASE("a watched listing as JSON is one line for each change", "[cli]")
{
  console at;
  at.terminal = true; // JSON is never drawn.
  int asked = 0;
  count_up(at, asked);
  at.interrupted = [&] { return asked >= 4; };
  CHECK(at.run({"agents", "--watch", "--json"}) == exit_interrupted);
  std::istringstream lines{at.out.str()};
  std::vector<int> loads;
  for (std::string line; std::getline(lines, line);)
    loads.push_back(json::parse(line)["agents"][0]["load"]);
  CHECK(loads == std::vector<int>{1, 2, 3});
}

TEST_CASE("a watched listing draws over itself on a terminal, until q", "[cli]")
{
  console at;
  at.terminal = true;
  std::string shown;
  int draws = 0;
  at.screen = [&](bool) { return std::make_unique<one_screen>(shown, draws); };
  at.api->on("runs", R"({"runs": [{"name": "x"}, {"name": "y"}]})");
  CHECK(at.run({"runs", "--watch"}) == exit_ok);
  CHECK(draws == 3);
  CHECK(shown.find("NAME") != shown.npos);
  CHECK(shown.find("1 more lines; q: quit") != shown.npos);
  CHECK(at.out.str().empty());
}

TEST_CASE("each listing can be watched", "[cli]")
{
  for (auto verb : {"runs", "tasks", "agents", "tree", "approvals"}) {
    console at;
    INFO(verb);
    auto first = true;
    at.interrupted = [&] { return !std::exchange(first, false); };
    CHECK(at.run({verb, "--watch", "--json"}) == exit_interrupted);
    CHECK(at.out.str() == "{}\n");
  }
}

TEST_CASE("a node that goes away ends the watching", "[cli]")
{
  console at;
  at.api->fail("runs", {{troupe::errc::restarting, troupe::category::network,
                         "nobody answers"},
                        {},
                        {},
                        {}});
  CHECK(at.run({"runs", "--watch"}) != exit_ok);
  CHECK(at.complained("nobody answers"));
  at.answering = false;
  CHECK(at.run({"runs", "--watch"}) == exit_no_node);
}

TEST_CASE("what is kept is asked for by its name and drawn as tables", "[cli]")
{
  console at;
  at.api->on("workflows", R"({"workflows": [{"name": "release", "version": 3,
    "versions": 2, "hash": "0123456789abcdef", "created_at":
    "2026-11-21T08:16:08.000Z"}]})");
  CHECK(at.run({"workflows", "--limit", "7"}) == exit_ok);
  CHECK(params(at) == json{{"limit", 7}});
  CHECK(at.said("release"));
  CHECK(at.said("0123456789ab\n"));
  at.api->on("diff", R"({"name": "release", "from": 1, "to": 3, "changes":
    [{"op": "replace", "path": "/steps/a", "was": 1, "value": {"b": 2}}]})");
  CHECK(at.run({"diff", "release", "1"}) == exit_ok);
  CHECK(params(at) == json{{"name", "release"}, {"from", 1}});
  CHECK(at.said("release 1 -> 3"));
  CHECK(at.said(R"({"b":2})"));
  CHECK(at.run({"diff", "release", "one"}) == exit_usage);
  at.api->on("report", R"({"run": "x", "duration": "PT1.5S", "agents":
    [{"agent": "ann", "tasks": 2, "failed": 1, "busy": "PT2S"}], "failures":
    [{"task": "t", "name": "build", "error": {"message": "no disk"}}]})");
  CHECK(at.run({"report", run_a}) == exit_ok);
  CHECK(params(at) == json{{"run", run_a}});
  CHECK(at.said("PT1.5S"));
  CHECK(at.said("no disk"));
}

TEST_CASE("the audit is listed, or proven", "[cli]")
{
  console at;
  at.api->on("audit", R"({"entries": [{"at": "2026-11-21T08:16:08.000Z",
    "actor": "ann", "action": "cancel", "run": "r", "door": "cli",
    "detail": "late"}], "next": "1x."})");
  CHECK(at.run({"audit", "--actor", "ann", "--limit", "3"}) == exit_ok);
  CHECK(params(at) == json{{"actor", "ann"}, {"limit", 3}});
  CHECK(at.said("late"));
  CHECK(at.said("--after 1x."));
  at.api->on("audit_check", R"({"intact": true, "problems": []})");
  CHECK(at.run({"audit", "--verify"}) == exit_ok);
  at.api->on("audit_check", R"({"intact": false, "problems": ["a gap"]})");
  CHECK(at.run({"audit", "--verify"}) == exit_failure);
  CHECK(at.said("a gap"));
}

TEST_CASE("a request has a context, a session and a priority", "[cli]")
{
  console at;
  at.api->on("request", R"({"run": "r", "status": "queued"})");
  CHECK(at.run({"request", "build", "--context", R"({"input": {"a": 1}})",
                "--session", "s", "--priority", "high"})
        == exit_ok);
  CHECK(params(at)
        == json::parse(R"({"description": "build", "context": {"input":
             {"a": 1}}, "session_id": "s", "priority": "high"})"));
  CHECK(at.said("r queued"));
  CHECK(at.run({"request", "build", "--context", "[1]"}) == exit_usage);
  CHECK(at.run({"request", "build", "--priority", "eleven"}) == exit_usage);
  CHECK(at.run({"request", "build", "--priority", "11"}) == exit_usage);
}

TEST_CASE("a pass of the queue with a failed task says so", "[cli]")
{
  console at;
  at.api->on("queue_execute", R"({"success":true,"tasks_executed":1,
    "tasks_failed":1,"tasks_remaining":0,"execution_log":[]})");
  CHECK(at.run({"execute"}) == exit_run_failed);
  CHECK(at.run({"execute", "--json"}) == exit_run_failed);
}
