#include <optional>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"
#include "core/expectation.hpp"

// What every verb prints with --json, held to the schemas of docs/schemas.

using namespace troupe::test;
using nlohmann::json;
namespace core = troupe::core;

namespace {

/// No field beside those that are named: here nothing may be left out.
json closed(json schema) {
  if (schema.is_object() && schema.contains("properties")
      && !schema.contains("additionalProperties"))
    schema["additionalProperties"] = false;
  if (schema.is_structured())
    for (auto& x : schema)
      x = closed(x);
  return schema;
}

json schema_of(const std::string& name) {
  auto told = run_troupe({"schema", name});
  INFO(name << told.err);
  REQUIRE(told.code == 0);
  auto schema = json::parse(told.out);
  REQUIRE(core::schema_problem(schema) == "");
  return closed(schema);
}

/// Each line of an answer.
void holds(const std::string& name, const std::string& answer) {
  auto schema = schema_of(name);
  std::istringstream lines{answer};
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    INFO(name << ": " << line);
    CHECK(core::mismatch(schema, json::parse(line)) == "");
  }
  INFO(name);
  CHECK(count > 0);
}

struct story {
  story() {
    write_file(where.path("node.yaml"), "node: {threads: 2}\n");
    node.emplace(std::vector<std::string>{
      "node", "--config", where.path("node.yaml"), "--data", where.path("data"),
      "--listen", "off"});
    node->line();
    write_file(slow, "workflow: slow\nsteps:\n"
                     "  first: {agent: noop, milestone: made}\n"
                     "  hold: {signal: go, depends_on: first}\n"
                     "  ask: {approve: {by: boss}}\n");
    write_file(held, "workflow: held\nsteps: {a: {agent: noop, hold: true}}\n");
    write_file(bad,
               "workflow: bad\nsteps:\n  a:\n    agent: shell\n"
               "    retries: 0\n    input: {command: echo no >&2; exit 3}\n");
  }

  std::string ask(std::vector<std::string> args) {
    asked.insert(args[0]);
    args.insert(args.end(),
                {"--json", "--node", "unix:" + where.path("data/troupe.sock")});
    return run_troupe(args).out;
  }

  scratch_directory where;
  std::string slow = where.path("slow.yaml");
  std::string bad = where.path("bad.yaml");
  std::string held = where.path("held.yaml");
  std::optional<real_program> node;
  std::set<std::string> asked;
};

/// The verbs that `troupe help` lists.
std::vector<std::string> all_verbs() {
  std::vector<std::string> out;
  std::istringstream lines{run_troupe({"help"}).out};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
      out.push_back(line.substr(2, line.find(' ', 2) - 2));
  return out;
}

/// What is kept. REQUIRES: `slow` is registered.
void hold_records(story& at) {
  holds("report", at.ask({"report", "@latest"}));
  holds("history", at.ask({"history", "@latest"}));
  holds("workflows", at.ask({"workflows"}));
  holds("definition", at.ask({"workflow", "slow"}));
  holds("definition-diff", at.ask({"diff", "slow", "1", "1"}));
  holds("request", at.ask({"request", "slow, please", "--session", "s"}));
  holds("state", at.ask({"state", "s"}));
  at.ask({"cancel", "@latest"}); // A drained node would wait for it.
  holds("audit", at.ask({"audit"}));
  holds("audit-check", at.ask({"audit", "--verify"}));
}

} // namespace

TEST_CASE("every verb answers with --json as its schema says", "[schema]")
{
  story at;
  holds("event", at.ask({"submit", at.bad, "--wait"}));
  holds("run", at.ask({"status", "@latest"}));
  holds("logs", at.ask({"logs", "@latest"}));
  holds("task", at.ask({"status", "@latest/a"}));
  holds("change", at.ask({"retry", "@latest"}));
  holds("event", at.ask({"watch", "@latest"}));
  holds("event", at.ask({"run", at.bad}));
  holds("submit", at.ask({"submit", at.slow}));
  holds("register", at.ask({"register", at.slow, at.bad}));
  holds("plan", at.ask({"plan", at.slow}));
  holds("why", at.ask({"why", "@latest"}));
  holds("why", at.ask({"why", "@latest/hold"}));
  holds("approvals", at.ask({"approvals"}));
  holds("question", at.ask({"decision", "@latest/ask"}));
  holds("change", at.ask({"pause", "@latest"}));
  holds("run", at.ask({"status", "@latest"}));
  holds("change", at.ask({"resume", "@latest"}));
  holds("signal", at.ask({"signal", "@latest", "go"}));
  holds("decision", at.ask({"approve", "@latest/ask"}));
  holds("event", at.ask({"watch", "@latest"}));
  holds("run", at.ask({"status", "@latest"}));
  at.ask({"submit", at.slow});
  holds("decision", at.ask({"reject", "@latest/ask", "--comment", "no"}));
  holds("change", at.ask({"cancel", "@latest"}));
  hold_records(at);
  holds("runs", at.ask({"runs", "--limit", "2"}));
  holds("tasks", at.ask({"tasks"}));
  holds("agents", at.ask({"agents"}));
  holds("drain", at.ask({"drain", "echo"}));
  holds("agents", at.ask({"agents"}));
  holds("drain", at.ask({"drain", "--wait"}));
  holds("drain", at.ask({"drain", "--undo"}));
  holds("decompose", at.ask({"decompose", "examples/strategy.json"}));
  holds("queue", at.ask({"queue"}));
  holds("execute", at.ask({"execute"}));
  at.ask({"submit", at.held});
  holds("change", at.ask({"release", "@latest/a"}));
  at.asked.insert("hold"); // The same, of a task that waits for its next try.
  holds("tree", at.ask({"tree"}));
  holds("status", at.ask({"status"}));
  holds("metrics", at.ask({"metrics"}));
  holds("webhooks", at.ask({"webhooks"}));
  holds("dead-letters", at.ask({"dead-letters"}));
  holds("backup", at.ask({"backup", at.where.path("copy.db")}));
  holds("restore",
        at.ask({"restore", at.where.path("copy.db"), at.where.path("again")}));
  holds("doctor", at.ask({"doctor", "--data", at.where.path("data")}));
  holds("version", at.ask({"version"}));
  holds("init", at.ask({"init", at.where.path("project")}));
  holds("config-show", at.ask({"config", "show"}));
  holds("config-reload", at.ask({"config", "reload"}));
  holds("config-check", at.ask({"config", "check"}));
  holds("config-check", at.ask({"config", "check", at.slow}));
  // These are for people, shells, or have forms of their own.
  at.asked.insert({"node", "top", "schema", "bench", "sim", "completion",
                   "help", "mcp", "token"});
  at.asked.insert("redeliver"); // Needs somebody who takes nothing.
  for (const auto& x : all_verbs()) {
    INFO(x);
    CHECK(at.asked.count(x) == 1);
  }
}

TEST_CASE("a schema would notice an answer of another form", "[schema]")
{
  auto schema = schema_of("version");
  CHECK(core::mismatch(schema, {{"version", 1}}) != "");
  CHECK(core::mismatch(schema, json::object()) != "");
  CHECK(core::mismatch(schema, {{"version", "1"}, {"more", 1}}) != "");
}

TEST_CASE("a schema that is not there names those that are", "[schema]")
{
  auto told = run_troupe({"schema", "rnus"});
  CHECK(told.code == 2);
  CHECK(told.err.find("`runs`") != told.err.npos);
  CHECK(told.err.find("config-show") != told.err.npos);
  CHECK(run_troupe({"schema"}).out == run_troupe({"schema", "workflow"}).out);
}
