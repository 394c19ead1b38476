#include <algorithm>

#include "runtime/outward_scene.hpp"

// Spans as a collector gets them, and the context as agents do.

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::test;
using nlohmann::json;

TEST_CASE("spans go to a collector, in the trace of who submitted", "[outward]")
{
  odd_server collector{always(200, "{}")};
  scene at{"traces: {endpoint: '" + collector.address()
           + "/v1/traces', every: 10ms}\n"};
  at.trace = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  at.start();
  at.run(for_agent("echo"));
  json spans = json::array();
  until(collector, [&](const auto& all) {
    spans.clear();
    for (const auto& x : all) {
      auto body = json::parse(x.body);
      for (const auto& y : body["resourceSpans"][0]["scopeSpans"][0]["spans"])
        spans.push_back(y);
    }
    return spans.size() == 3;
  });
  CHECK(collector.all()[0].target == "/v1/traces");
  for (const auto& x : spans)
    CHECK(x["traceId"] == "0af7651916cd43dd8448eb211c80319c");
}

TEST_CASE("an agent in the process is told its trace", "[outward]")
{
  scene at{"agents: {in: {kind: plugin, agent: traced, library: "
           + std::string{TROUPE_PLUGINS} + "/libplugin_two_agents.so}}\n"};
  at.trace = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  at.start();
  auto run = at.run(for_agent("in"))["run"];
  auto got = at.ask("tasks", {{"run", run}})["tasks"][0]["output"];
  CHECK(
    got.get<std::string>().starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
}

TEST_CASE("a process is told its trace", "[outward]")
{
  scene at{"agents: {shell: {kind: shell}}\n"};
  at.trace = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  at.start();
  json task{{"agent", "shell"}, {"input", {{"command", "echo $TRACEPARENT"}}}};
  auto run = at.run(task)["run"];
  auto got = at.ask("tasks", {{"run", run}})["tasks"][0];
  auto text = got["output"]["stdout"].get<std::string>();
  CHECK(text.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
}

TEST_CASE("agents in sub-workflows stand in the trace of the root's spans",
          "[outward]")
{
  odd_server collector{always(200, "{}")};
  scene at{"agents: {shell: {kind: shell}}\ntraces: {endpoint: '"
           + collector.address() + "/v1/traces', every: 10ms}\n"};
  at.start();
  at.ask("register", {{"workflow", "workflow: low\nsteps:\n"
                                   "  a: {agent: shell, input: {command: "
                                   "'echo $TRACEPARENT'}}\n"}});
  at.ask("register",
         {{"workflow", "workflow: mid\nsteps: {b: {workflow: low@1}}\n"}});
  auto root = at.ask("submit", {{"workflow", "workflow: top\nsteps: {c: "
                                             "{workflow: mid@1}}\n"},
                                {"wait", true}})["run"]
                .get<std::string>();
  auto low = at.ask("runs", {{"name", "low"}})["runs"][0]["run"];
  auto task = at.ask("tasks", {{"run", low}})["tasks"][0];
  auto told = task["output"]["stdout"].get<std::string>();
  auto trace = root;
  trace.erase(std::remove(trace.begin(), trace.end(), '-'), trace.end());
  CHECK(told.substr(3, 32) == trace);
  until(collector, [&](const auto& all) {
    for (const auto& x : all)
      if (x.body.find("attempt a") != x.body.npos)
        return x.body.find(trace) != x.body.npos;
    return false;
  });
  for (const auto& x : collector.all()) {
    auto body = json::parse(x.body);
    for (const auto& y : body["resourceSpans"][0]["scopeSpans"][0]["spans"])
      CHECK(y["traceId"] == trace);
  }
}

TEST_CASE("any row of a run tells its trace, and one made of an id is told "
          "only where spans are sent",
          "[outward]")
{
  auto root = *core::id_from("0190a1b2-0000-7000-8000-000000000000");
  auto parent_of = [&](const std::string& trace, bool always) {
    trace_board board{{1}, always};
    core::batch seen;
    seen.runs.emplace_back();
    seen.runs[0].key = root; // After a restart: not its first row.
    seen.runs[0].by.trace = trace;
    board.learn(seen);
    task t;
    t.id = core::to_string(root.with(1));
    return board.traceparent(t).substr(0, 35);
  };
  std::string given = "0af7651916cd43dd8448eb211c80319c";
  CHECK(parent_of(given + "-b7ad6b7169203331-01", false) == "00-" + given);
  CHECK(parent_of(given, true) == "00-" + given);
  CHECK(parent_of(given, false).empty());
}
