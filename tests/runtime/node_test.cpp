#include <catch2/catch.hpp>

#include <future>

#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"
#include "runtime/node_insides.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("a node in memory runs a workflow to its end", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  submit_options how;
  how.input = R"({"name":"ann"})";
  auto done = n.run(R"(
workflow: greet
version: 1
input: {name: {type: string, required: true}}
defaults: {agent: {capabilities: [echo]}}
steps:
  hello: {input: {text: "hello ${run.input.name}"}}
  again: {depends_on: [hello], input: "${steps.hello.output.text}!"}
)",
                    how);
  CHECK_FALSE(done.error);
  CHECK(done.state == "completed");
  CHECK(done.output == R"({"again":"hello ann!"})");
}

TEST_CASE("a node on disk keeps what it did", "[runtime]")
{
  directory dir;
  std::string run;
  {
    node n{quiet(dir / "data")};
    add_echo(n);
    REQUIRE_FALSE(n.start());
    run = n.run(tasks_for("echo", 20)).run;
    CHECK_FALSE(n.stop());
  }
  node n{quiet(dir / "data")};
  REQUIRE_FALSE(n.start());
  auto row = ask(n, "run", {{"run", run}});
  CHECK(row["state"] == "completed");
  CHECK(row["counts"]["completed"] == 20);
  auto tasks = ask(n, "tasks", {{"run", run}, {"limit", 5}});
  CHECK(tasks["tasks"].size() == 5);
  CHECK(tasks["tasks"][0]["output"]["n"] == 0);
  CHECK(tasks["tasks"][0]["agent"] == "echo");
}

TEST_CASE("work that was accepted goes on after a stop", "[runtime]")
{
  directory dir;
  witness w;
  std::string run;
  {
    node n{quiet(dir / "data")};
    REQUIRE_FALSE(n.start());
    run = n.submit_tasks(tasks_for("slow", 30)).run;
    auto why = ask(n, "why", {{"run", run}});
    CHECK(why["state"] == "queued");
  }
  node n{quiet(dir / "data")};
  add_slow(n, w, 1ms, 4);
  REQUIRE_FALSE(n.start());
  CHECK(ends(n, run));
  CHECK(ask(n, "run", {{"run", run}})["state"] == "completed");
  CHECK(w.tasks() == 30);
  CHECK(w.repeated() == 0);
}

TEST_CASE("what a node warns of is in its status", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  CHECK(ask(n, "status")["warnings"].empty());
  node_insides::home(n).warn("as planned");
  auto all = ask(n, "status")["warnings"];
  REQUIRE(all.size() == 1);
  CHECK(all[0]["text"] == "as planned");
  CHECK(all[0]["times"] == 1);
}

TEST_CASE("an agent shows what it is and how it did", "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  CHECK(n.run(tasks_for("echo", 3)).state == "completed");
  auto x = ask(n, "agents")["agents"][0];
  // The run's caller may be answered before all others have heard of its end.
  for (int i = 0; i < 5000 && (x["state"] != "idle" || x["completed"] != 3);
       ++i)
    x = ask(n, "agents")["agents"][0];
  CHECK(x["state"] == "idle");
  CHECK(x["cost"] == 0.0);
  CHECK(x["region"] == "");
  CHECK(x["types"][""]["successes"] == 3);
  CHECK(x["types"][""]["p95_ms"].is_number());
}

TEST_CASE("the same key gives the same run, another body is an error",
          "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  submit_options how;
  how.idempotency_key = "k1";
  auto first = n.submit(tasks_for("echo", 2), how);
  auto again = n.submit(tasks_for("echo", 2), how);
  CHECK(again.run == first.run);
  CHECK(n.submit(tasks_for("echo", 3), how).error.code == errc::key_reused);
}

TEST_CASE("how agents did is known after a restart", "[runtime]")
{
  directory dir;
  auto performance = [&] {
    node n{quiet(dir / "data")};
    add_echo(n);
    REQUIRE_FALSE(n.start());
    auto before = json{};
    // The past is read while the node is at work already.
    for (int i = 0; i < 1000 && before.empty(); ++i)
      before = ask(n, "agents")["agents"][0]["performance"];
    CHECK(n.run(tasks_for("echo", 20)).state == "completed");
    return before;
  };
  CHECK(performance().empty());
  CHECK(performance()[""].get<double>() > 0.6); // Tasks without a type.
}

TEST_CASE("an agent's record counts timeouts and outlives a restart",
          "[runtime]")
{
  class moody : public reactive_agent {
    void perform(const task& t, reply done) override {
      if (t.name == "hang")
        done.on_cancel([](bool) {});
      if (t.name == "hang" && t.attempt == 1)
        return done.after(std::chrono::hours{1}, outcome::done());
      if (t.name == "fail" && t.attempt < 3)
        return done(outcome::failed("not yet"));
      done(outcome::done());
    }
  };
  directory dir;
  auto with = [&](auto use) {
    node n{quiet(dir / "data")};
    n.add(who("moody", "moody", 5), [] { return std::make_unique<moody>(); });
    REQUIRE_FALSE(n.start());
    return use(n);
  };
  // The past is read while the node is at work already.
  auto record = [](node& n) {
    json seen;
    for (int i = 0; i < 5000 && seen != json{2, 3}; ++i) {
      auto x = ask(n, "agents")["agents"][0];
      seen = json{x["completed"], x["failed"]};
    }
    return seen;
  };
  auto before = with([&](node& n) {
    auto done = n.run(R"(
workflow: w
defaults: {backoff: {base: 1ms}}
steps:
  hang: {agent: {capabilities: [moody]}, retries: 1, timeout: 50ms}
  fail: {agent: {capabilities: [moody]}, retries: 2}
)");
    CHECK(done.state == "completed");
    return record(n);
  });
  CHECK(before == json{2, 3});
  CHECK(with(record) == before);
}

TEST_CASE("an agent that crashes is replaced and the task tried again",
          "[runtime]")
{
  class fragile : public agent {
    outcome perform(const task& t, context&) override {
      if (t.attempt == 1)
        throw std::runtime_error("as planned");
      return outcome::done(R"("mended")");
    }
  };
  node n{quiet()};
  n.add(who("fragile", "fragile", 1),
        [] { return std::make_unique<fragile>(); });
  REQUIRE_FALSE(n.start());
  auto done = n.run(R"(
workflow: w
steps: {a: {agent: {capabilities: [fragile]}, backoff: {base: 1ms}}}
)");
  CHECK(done.state == "completed");
  auto tasks = ask(n, "tasks", {{"run", done.run}});
  auto task = ask(n, "task", {{"task", tasks["tasks"][0]["task"]}});
  CHECK(task["retries"] == 1);
  CHECK(task["attempts"][0]["error"]["code"] == "agent_crashed");
}

TEST_CASE("what an agent had not begun when it crashed is done by the next one",
          "[runtime]")
{
  class fragile : public agent {
    outcome perform(const task& t, context&) override {
      if (t.name == "bad")
        throw std::runtime_error("as planned");
      return outcome::done(t.input);
    }
  };
  class reactive_fragile : public reactive_agent {
    void perform(const task& t, reply done) override {
      if (t.name == "bad")
        throw std::runtime_error("as planned");
      done.after(2ms, outcome::done(t.input));
    }
  };
  auto reactive = GENERATE(false, true);
  node n{quiet()};
  if (reactive)
    n.add(who("fragile", "fragile", 4),
          [] { return std::make_unique<reactive_fragile>(); });
  else
    n.add(who("fragile", "fragile", 1),
          [] { return std::make_unique<fragile>(); });
  REQUIRE_FALSE(n.start());
  for (int round = 0; round < 20; ++round) {
    auto done = n.run(R"([
      {"name":"bad","retries":0,"priority":9,"agent":{"capabilities":["fragile"]}},
      {"name":"one","agent":{"capabilities":["fragile"]}},
      {"name":"two","agent":{"capabilities":["fragile"]}},
      {"name":"three","agent":{"capabilities":["fragile"]}}
    ])");
    CHECK(done.state == "failed");
    auto tasks = ask(n, "tasks", {{"run", done.run}});
    for (const auto& task : tasks["tasks"]) {
      auto bad = task["name"] == "bad";
      CHECK(task["state"] == (bad ? "failed" : "completed"));
      CHECK(task["retries"] == 0);
    }
  }
}

TEST_CASE("an agent that lets go of its reply has crashed", "[runtime]")
{
  class forgetful : public reactive_agent {
    void perform(const task&, reply) override {}
  };
  node n{quiet()};
  n.add(who("forgetful", "forgetful", 1),
        [] { return std::make_unique<forgetful>(); });
  REQUIRE_FALSE(n.start());
  auto done = n.run(
    R"([{"name":"a","retries":0,"agent":{"capabilities":["forgetful"]}}])");
  CHECK(done.state == "failed");
  auto tasks = ask(n, "tasks", {{"run", done.run}});
  CHECK(tasks["tasks"][0]["error"]["message"]
        == "the agent dropped the task without an answer");
}

TEST_CASE("cancel stops what runs, on threads too", "[runtime]")
{
  witness w;
  node n{quiet()};
  add_blocking(n, w, 1h, 2);
  REQUIRE_FALSE(n.start());
  auto run = n.submit_tasks(tasks_for("blocking", 4)).run;
  CHECK_FALSE(n.cancel(run, "enough"));
  REQUIRE(ends(n, run));
  CHECK(ask(n, "run", {{"run", run}})["state"] == "cancelled");
}

TEST_CASE("an attempt past its timeout is stopped and told so", "[runtime]")
{
  witness w;
  node n{quiet()};
  add_blocking(n, w, 1h, 1);
  REQUIRE_FALSE(n.start());
  auto done = n.run(R"(
workflow: w
steps: {a: {agent: {capabilities: [blocking]}, timeout: 20ms, retries: 0}}
)");
  CHECK(done.state == "failed");
  auto row = ask(n, "run", {{"run", done.run}});
  CHECK(row["error"]["code"] == "timed_out");
}

TEST_CASE("a sub-workflow runs as a run of its own", "[runtime]")
{
  directory dir;
  node n{quiet(dir / "data")};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  ask(n, "register", {{"workflow", R"(
workflow: part
version: 2
input: {n: {type: integer, required: true}}
steps: {twice: {agent: {capabilities: [echo]}, input: {was: "${run.input.n}"}}}
)"}});
  auto done = n.run(R"(
workflow: whole
steps:
  sub: {workflow: part@2, input: {n: 7}}
  end: {depends_on: [sub], agent: {capabilities: [echo]},
        input: "${steps.sub.output.twice.was}"}
)");
  CHECK(done.state == "completed");
  CHECK(done.output == R"({"end":7})");
}

TEST_CASE("a thousand tasks finish beside a backlog that nobody can do",
          "[runtime]")
{
  directory dir;
  auto opts = quiet(dir / "data");
  opts.shards = 4;
  opts.window = 400; // The backlog is fifty times as large.
  node n{opts};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  for (int i = 0; i < 40; ++i)
    REQUIRE_FALSE(n.submit_tasks(tasks_for("nobody", 500)).error);
  for (int i = 0; i < 10; ++i) {
    auto done = std::make_shared<std::promise<run_result>>();
    auto answered = done->get_future();
    n.submit_and_wait(tasks_for("echo", 100), {},
                      [done](run_result x) { done->set_value(std::move(x)); });
    REQUIRE(answered.wait_for(60s) == std::future_status::ready);
    CHECK(answered.get().state == "completed");
  }
  auto status = ask(n, "status");
  CHECK(status["queued"].get<uint64_t>() + status["backlog"].get<uint64_t>()
        == 20'000);
  CHECK(status["backlog"] > 0);
}

TEST_CASE("tasks of one need and several priorities go through together",
          "[runtime]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto done = n.run(R"([
    {"name":"first","priority":9,"agent":{"capabilities":["echo"]}},
    {"name":"second","priority":2,"agent":{"capabilities":["echo"]}},
    {"name":"third","agent":{"capabilities":["echo"]}}
  ])");
  CHECK_FALSE(done.error);
  CHECK(done.state == "completed");
}

TEST_CASE("wrong work is refused and changes nothing", "[runtime]")
{
  node n{quiet()};
  REQUIRE_FALSE(n.start());
  auto x = n.submit("workflow: w\nsteps: {a: {depends_on: [b]}}\n");
  CHECK(x.error.code == errc::invalid);
  CHECK(x.error.message.find("`b`") != std::string::npos);
  CHECK(ask(n, "runs")["runs"].empty());
}
