#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"

// What is asked twice happens once.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

core::api_answer call(node& n, const std::string& op, const json& params,
                      const std::string& key = {}) {
  core::api_request x;
  x.op = op;
  x.params = core::text{params.dump()};
  x.idempotency_key = key;
  auto answered = std::make_shared<std::promise<core::api_answer>>();
  n.api()->call(
    x, [answered](core::api_answer y) { answered->set_value(std::move(y)); });
  return answered->get_future().get();
}

/// Children of the tree, below `name`, that are in their second life or later.
int restarted(const json& tree, const std::string& name) {
  auto n = 0;
  auto here = tree["name"].get<std::string>().rfind(name, 0) == 0;
  for (const auto& x : tree["children"])
    n += restarted(x, here ? "" : name)
         + (here && x.value("generation", 1) > 1 ? 1 : 0);
  return n;
}

} // namespace

TEST_CASE("a signal that is sent twice under one key comes once", "[runtime]")
{
  directory dir;
  auto opts = quiet(dir / "data");
  std::string run;
  json signal;
  {
    node n{opts};
    REQUIRE_FALSE(n.start());
    run = n.submit("workflow: w\nsteps:\n  a: {signal: go}\n"
                   "  b: {signal: go, depends_on: [a]}\n")
            .run;
    signal = {{"run", run}, {"name", "go"}, {"payload", 1}};
    CHECK_FALSE(call(n, "signal", signal, "k-1").error);
    auto again = call(n, "signal", signal, "k-1");
    CHECK_FALSE(again.error);
    CHECK(json::parse(again.body.view())["repeated"] == true);
    CHECK(ask(n, "run", {{"run", run}})["counts"]["in_progress"] == 1);
  }
  node n{opts};
  REQUIRE_FALSE(n.start());
  CHECK(json::parse(call(n, "signal", signal, "k-1").body.view())["repeated"]
        == true);
  CHECK(ask(n, "run", {{"run", run}})["counts"]["in_progress"] == 1);
  CHECK_FALSE(call(n, "signal", signal, "k-2").error);
  CHECK(ends(n, run));
}

TEST_CASE("a key that was used for another command to a run is refused",
          "[runtime]")
{
  directory dir;
  auto opts = quiet(dir / "data");
  std::string run;
  auto code = [](const core::api_answer& x) { return x.error.code; };
  {
    node n{opts};
    REQUIRE_FALSE(n.start());
    auto made =
      call(n, "submit",
           {{"workflow", "workflow: w\nsteps: {a: {signal: go}}\n"}}, "s-1");
    run = json::parse(made.body.view())["run"];
    CHECK_FALSE(call(n, "pause", {{"run", run}}, "k-1").error);
    CHECK(code(call(n, "cancel", {{"run", run}}, "k-1")) == errc::key_reused);
    CHECK(code(call(n, "cancel", {{"run", run}}, "s-1")) == errc::key_reused);
    CHECK_FALSE(call(n, "pause", {{"run", run}}, "k-1").error);
  }
  node n{opts};
  REQUIRE_FALSE(n.start());
  CHECK(code(call(n, "cancel", {{"run", run}}, "k-1")) == errc::key_reused);
  CHECK(ask(n, "run", {{"run", run}})["state"] == "paused");
  CHECK_FALSE(call(n, "cancel", {{"run", run}}, "k-2").error);
}

TEST_CASE("of many registrations of one version at once the first stays",
          "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  constexpr int many = 40;
  std::atomic<int> open{many}, taken{0}, refused{0};
  for (int i = 0; i < many; ++i) {
    core::api_request x;
    x.op = "register";
    auto other = i % 2 == 0 ? "1s" : "2s";
    x.params = core::text{json{
      {"workflow",
       "workflow: w\nversion: 3\nsteps:\n  a: {sleep: " + std::string{other}
         + "}\n"}}.dump()};
    n.api()->call(x, [&](const core::api_answer& y) {
      taken += !y.error;
      refused += y.error.code == errc::invalid_state;
      --open;
    });
  }
  while (open > 0)
    std::this_thread::yield();
  CHECK(taken == many / 2);
  CHECK(refused == many / 2);
  CHECK(restarted(ask(n, "tree", {{"depth", 3}}), "shards") == 0);
}

TEST_CASE("of many submissions under one key one makes a run", "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  constexpr int many = 200;
  std::atomic<int> open{many}, fresh{0}, failed{0};
  submit_options how;
  how.idempotency_key = "order-7";
  for (int i = 0; i < many; ++i)
    n.submit_tasks(tasks_for("echo", 1), how, [&](const submitted& x) {
      fresh += !x.error && !x.repeated;
      failed += static_cast<bool>(x.error);
      --open;
    });
  while (open > 0)
    std::this_thread::yield();
  CHECK(fresh == 1);
  CHECK(failed == 0);
  CHECK(restarted(ask(n, "tree", {{"depth", 3}}), "shards") == 0);
}
