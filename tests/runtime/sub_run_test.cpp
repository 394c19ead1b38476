#include <nlohmann/json.hpp>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"

// Sub-workflows with every part of the node: their times and their tries.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

void register_part(node& n, const std::string& steps) {
  ask(n, "register",
      {{"workflow", "workflow: part\nsteps: {" + steps + "}\n"}});
}

/// The states of all runs of the part, in no order.
std::vector<std::string> parts(node& n) {
  std::vector<std::string> out;
  auto runs = ask(n, "runs", {{"name", "part"}});
  for (const auto& x : runs["runs"])
    out.push_back(x["state"]);
  return out;
}

} // namespace

TEST_CASE("a sub-workflow that takes too long is stopped and tried anew",
          "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  register_part(n, "wait: {sleep: 1h}");
  auto done = n.run(R"(
workflow: whole
steps:
  sub: {workflow: part@1, timeout: 50ms, retries: 1, backoff: {base: 1ms}}
)");
  CHECK(done.state == "failed");
  CHECK(ask(n, "run", {{"run", done.run}})["error"]["code"] == "timed_out");
  CHECK(parts(n) == std::vector<std::string>{"cancelled", "cancelled"});
  auto task = ask(n, "tasks", {{"run", done.run}})["tasks"][0]["task"];
  auto shown = ask(n, "task", {{"task", task}});
  CHECK(shown["attempts"].size() == 2);
  CHECK(shown["max_retries"] == 1);
}

TEST_CASE("a sub-workflow that fails is run again as often as is said",
          "[runtime]")
{
  class broken : public agent {
    outcome perform(const task&, context&) override {
      return outcome::failed("no", category::network);
    }
  };
  directory dir;
  node n{quiet(dir / "data")};
  n.add(who("broken", "broken", 1), [] { return std::make_unique<broken>(); });
  REQUIRE_FALSE(n.start());
  register_part(n, "work: {agent: broken, retries: 0}");
  auto done = n.run(R"(
workflow: whole
steps:
  once: {workflow: part@1}
  again: {workflow: part@1, retries: 2, backoff: {base: 1ms}}
)");
  CHECK(done.state == "failed");
  CHECK(parts(n) == std::vector<std::string>(4, "failed"));
}
