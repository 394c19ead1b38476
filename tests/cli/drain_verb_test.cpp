#include <catch2/catch.hpp>

#include "cli/console.hpp"

// `troupe drain`: an agent, the node, and waiting for their end.

using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

TEST_CASE("drain names an agent, or means the node", "[drain]")
{
  console at;
  at.api->on("drain", R"({"draining": true})");
  CHECK(at.run({"drain"}) == exit_ok);
  CHECK(params(at) == json{{"undo", false}});
  CHECK(at.said("the node takes no new work and finishes what it has\n"));
  CHECK(at.run({"drain", "shell"}) == exit_ok);
  CHECK(params(at) == json{{"undo", false}, {"agent", "shell"}});
  CHECK(at.run({"drain", "shell", "--undo"}) == exit_ok);
  CHECK(params(at)["undo"] == true);
  CHECK(at.said("shell takes new work again\n"));
  CHECK(at.run({"drain", "--json"}) == exit_ok);
  CHECK(json::parse(at.out.str()) == json{{"draining", true}});
  CHECK(at.run({"drain", "--undo", "--wait"}) == exit_usage);
}

TEST_CASE("drain --wait ends when nothing is left", "[drain]")
{
  console at;
  int asked = 0;
  at.api->on("status", [&](const troupe::core::api_request&) {
    auto left = asked++ < 2 ? 1 : 0;
    return troupe::core::api_answer{
      {}, {}, troupe::core::text{json{{"live_runs", left}}.dump()}, {}};
  });
  // Something happens all the time: no pause between two questions.
  at.api->play({{"1", R"({"kind": "task_ended"})", true}});
  CHECK(at.run({"drain", "--wait"}) == exit_ok);
  CHECK(asked == 3);
  CHECK(at.said("has none left"));
}

TEST_CASE("^C ends the waiting of drain, not the draining", "[drain]")
{
  console at;
  at.api->on("agents", R"({"agents": [{"name": "a", "load": 2}]})");
  at.interrupted = [] { return true; };
  CHECK(at.run({"drain", "a", "--wait"}) == exit_interrupted);
  CHECK(at.complained("goes on draining"));
}
