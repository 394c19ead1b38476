#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <caf/scoped_actor.hpp>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"
#include "runtime/node_insides.hpp"

// Promises of docs/failure-semantics.md that only a whole node can keep.

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Warnings of a node, from any thread.
class warnings {
public:
  void add(const std::string& text) {
    std::lock_guard guard{mutex_};
    all_ += text + '\n';
  }
  bool say(const std::string& part) const {
    std::lock_guard guard{mutex_};
    return all_.find(part) != std::string::npos;
  }

private:
  mutable std::mutex mutex_;
  std::string all_;
};

class crashing : public agent {
  outcome perform(const task&, context&) override {
    throw std::runtime_error("as planned");
  }
};

/// Does not look whether it is asked to stop, until the test is over.
class stubborn : public agent {
public:
  explicit stubborn(std::atomic<bool>& over) : over_(over) {}
  outcome perform(const task&, context&) override {
    while (!over_)
      std::this_thread::yield();
    return outcome::done();
  }

private:
  std::atomic<bool>& over_;
};

} // namespace

TEST_CASE("an agent that keeps crashing is disabled and others take its work",
          "[promises]")
{
  warnings said;
  auto opts = quiet();
  opts.warn = [&said](const std::string& text) { said.add(text); };
  node n{opts};
  agent_spec weak;
  weak.who = who("weak", "work", 4);
  weak.make = [] { return std::make_unique<crashing>(); };
  weak.limit = {2, 60s};
  weak.disabled_for = 3600s;
  node_insides::add(n, weak);
  REQUIRE_FALSE(n.start());
  auto run = n.submit(R"(
workflow: w
defaults: {agent: {capabilities: [work]}, retries: 50, backoff: {base: 1ms, max: 1ms}}
steps: {a: {}, b: {}}
)")
               .run;
  REQUIRE(core::id_from(run));
  while (!said.say("`weak` crashes too often"))
    std::this_thread::yield();
  auto task = core::to_string(core::id_from(run)->with(1));
  // Alone of its kind: the tasks wait, and say for what.
  json why;
  do {
    why = ask(n, "why", {{"task", task}});
  } while (why.dump().find("no_healthy_agent") == std::string::npos);
  CHECK(ask(n, "agents")["agents"][0]["state"] == "disabled");
  CHECK(ask(n, "run", {{"run", run}})["state"] == "running");
}

TEST_CASE("an agent that ignores a cancel loses its slot, and is not repeated",
          "[promises]")
{
  std::atomic<bool> over{false};
  {
    auto opts = quiet();
    opts.cancel_grace = 10ms;
    node n{opts};
    n.add(who("stubborn", "work", 2),
          [&over] { return std::make_unique<stubborn>(over); });
    REQUIRE_FALSE(n.start());
    auto done = n.run(R"(
workflow: w
steps: {a: {agent: {capabilities: [work]}, timeout: 10ms, retries: 5}}
)");
    CHECK(done.state == "failed");
    auto tasks = ask(n, "tasks", {{"run", done.run}});
    CHECK(tasks["tasks"][0]["attempt"] == 1);
    CHECK(tasks["tasks"][0]["error"]["message"].get<std::string>().find(
            "ignores cancellation")
          != std::string::npos);
    CHECK(ask(n, "agents")["agents"][0]["lost_slots"] == 1);
    over = true; // Its thread ends, and the node with it.
  }
}

TEST_CASE("a cancel, a retry or an answer that is sent twice changes nothing",
          "[promises]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto code = [&n](const char* what, const json& params) {
    std::string body;
    return n.ask(what, params.dump(), body).code;
  };
  auto run = n.submit(R"(
workflow: w
steps: {a: {approve: {timeout: 1h}}, b: {approve: {timeout: 1h}}}
)")
               .run;
  auto task = core::to_string(core::id_from(run)->with(1));
  CHECK(code("approve", {{"task", task}}) == errc::none);
  CHECK(code("approve", {{"task", task}}) == errc::already_answered);
  CHECK(code("reject", {{"task", task}}) == errc::already_answered);
  CHECK(code("cancel", {{"run", run}}) == errc::none);
  REQUIRE(ends(n, run));
  CHECK(code("cancel", {{"run", run}}) == errc::invalid_state);
  CHECK(code("retry", {{"run", run}}) == errc::invalid_state);
  auto row = ask(n, "run", {{"run", run}});
  CHECK(row["counts"] == json{{"completed", 1}, {"cancelled", 1}});
}

TEST_CASE("monitors, the clock and the feed begin anew and nothing is lost",
          "[promises]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto generation = [&n](const std::string& name) {
    auto tree = ask(n, "tree", {{"depth", 1}});
    for (const auto& x : tree["children"])
      if (x["name"] == name && x["state"] == "running")
        return x["generation"].get<uint64_t>();
    return uint64_t{0};
  };
  for (std::string name : {"monitors", "clock", "feed", "directory"}) {
    INFO(name);
    auto before = generation(name);
    REQUIRE(before > 0);
    caf::scoped_actor self{node_insides::system(n)};
    auto told = false;
    self->request(node_insides::root(n), 10s, child_restart_atom_v, name)
      .receive([&told](caf::ok_atom) { told = true; },
               [](const caf::error&) {});
    REQUIRE(told);
    CHECK(n.run(tasks_for("echo", 20)).state == "completed");
    while (generation(name) <= before)
      std::this_thread::yield();
  }
  CHECK(ask(n, "status").contains("resources"));
}

TEST_CASE("beyond what may wait for the disk work is refused, not kept",
          "[promises]")
{
  directory dir;
  auto opts = quiet(dir / "data");
  opts.shards = 1;
  opts.pending_bytes_max = 64 * 1024;
  node n{opts};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  std::atomic<int> open{300};
  std::atomic<int> refused{0};
  std::mutex mutex;
  std::vector<std::string> accepted;
  submit_options how;
  // Each alone is more than may wait.
  auto large = json::array({{{"agent", {{"capabilities", {"echo"}}}},
                             {"input", std::string(100'000, 'x')}}})
                 .dump();
  for (int i = 0; i < 300; ++i)
    n.submit_tasks(large, how, [&](const submitted& x) {
      if (x.error)
        refused += x.error.code == errc::overloaded;
      std::lock_guard guard{mutex};
      if (!x.error)
        accepted.push_back(x.run);
      --open;
    });
  while (open > 0)
    std::this_thread::yield();
  CHECK(refused > 0);
  CHECK(refused + static_cast<int>(accepted.size()) == 300);
  for (const auto& run : accepted)
    REQUIRE(ends(n, run));
}
