#include "agents/process_agent.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "agents/recording_sink.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using agents::process_agent;
using agents::test::recording_sink;
using agents::test::task_with;

namespace {

// A spawner, and an agent that runs one script for every task.
struct scripted {
  explicit scripted(std::string script, std::chrono::milliseconds grace = 5s) {
    services::run_limits limits;
    limits.grace = grace;
    auto spec = services::test::shell(std::move(script));
    agent = std::make_unique<process_agent>(
      *spawner, agents::command_kind(std::move(spec), limits));
  }

  std::shared_ptr<recording_sink> start(const task& t) {
    auto sink = std::make_shared<recording_sink>();
    agent->start(t, sink);
    return sink;
  }

  std::unique_ptr<services::spawner> spawner = services::test::open_spawner();
  std::unique_ptr<process_agent> agent;
};

// Never ends by itself, ignores the polite signal, has a child elsewhere.
constexpr auto stubborn = "trap '' TERM; setsid sleep 1000 & echo $! >&2; "
                          "while :; do sleep 1; done";

} // namespace

TEST_CASE("a process gets the task and its output is the result", "[agents]")
{
  scripted s{"cat"};
  auto t = task_with(R"({"x":1})");
  t.name = "unit_tests";
  auto sink = s.start(t);
  auto seen = nlohmann::json::parse(sink->result().output);
  CHECK(seen["id"] == t.id);
  CHECK(seen["name"] == "unit_tests");
  CHECK(seen["input"]["x"] == 1);
  CHECK(s.agent->running() == 0);
}

TEST_CASE("a process knows its task from the environment too", "[agents]")
{
  scripted s{"echo \"[\\\"$TROUPE_TASK\\\", $TROUPE_ATTEMPT]\""};
  auto t = task_with("null");
  t.attempt = 4;
  CHECK(s.start(t)->result().output == "[\"" + t.id + "\", 4]");
}

TEST_CASE("log lines and progress reach the sink", "[agents]")
{
  scripted s{R"(echo hello >&2; echo '{"progress":0.25}' >&2)"};
  auto sink = s.start(task_with("null"));
  CHECK(sink->result().output == "null");
  CHECK(sink->logged(0) == "hello");
  CHECK(sink->progress_notes()
        == std::vector<services::progress_note>{{0.25, ""}});
}

TEST_CASE("a cancel is answered when the whole tree is gone", "[agents]")
{
  scripted s{stubborn, 20ms};
  auto t = task_with("null");
  auto sink = s.start(t);
  services::test::watch grandchild{std::stoi(sink->logged(0))};
  SECTION("asked by the host")
  { s.agent->cancel(t.id, t.attempt, false); }
  SECTION("told by the reply")
  { sink->cancel(false); }
  CHECK(sink->result().error.code == errc::cancelled);
  CHECK(!grandchild.alive());
  CHECK(s.agent->running() == 0);
}

TEST_CASE("a forced cancel has no grace time", "[agents]")
{
  scripted s{stubborn, 1h};
  auto t = task_with("null");
  auto sink = s.start(t);
  sink->logged(0);
  SECTION("asked by the host")
  { s.agent->cancel(t.id, t.attempt, true); }
  SECTION("told by the reply")
  {
    sink->cancel(false);
    sink->cancel(true);
  }
  CHECK(sink->result().error.code == errc::cancelled);
}

TEST_CASE("a cancel of another attempt changes nothing", "[agents]")
{
  scripted s{"echo ready >&2; read line; echo 1"};
  auto t = task_with("null");
  auto sink = s.start(t);
  s.agent->cancel(t.id, t.attempt + 1, true);
  s.agent->cancel("another", t.attempt, true);
  CHECK(sink->result().what == verdict::done);
  s.agent->cancel(t.id, t.attempt, true); // Too late is no harm.
}

TEST_CASE("a process does not look at the clock of its run, which may stand",
          "[agents]")
{
  scripted s{"sleep 0.2; echo 1"};
  auto t = task_with("null");
  t.timeout = 1ms;
  CHECK(s.start(t)->result().output == "1");
}

TEST_CASE("what a process said last is in the reason of its cancel", "[agents]")
{
  scripted s{"echo 'half of it is done' >&2; exec sleep 1000"};
  auto t = task_with("null");
  auto sink = s.start(t);
  sink->logged(0);
  sink->cancel(false);
  CHECK(sink->result().error.message.find("half of it is done")
        != std::string::npos);
}

TEST_CASE("the same attempt does not run twice", "[agents]")
{
  scripted s{stubborn};
  auto t = task_with("null");
  auto first = s.start(t);
  auto second = s.start(t);
  CHECK(second->result().error.code == errc::invalid_state);
  CHECK(!first->given());
  s.agent->cancel(t.id, t.attempt, true);
  CHECK(first->result().error.code == errc::cancelled);
}

TEST_CASE("an agent that is destroyed kills what it runs", "[agents]")
{
  scripted s{stubborn, 1h};
  auto sink = s.start(task_with("null"));
  services::test::watch grandchild{std::stoi(sink->logged(0))};
  s.agent.reset();
  CHECK(sink->result().error.code == errc::cancelled);
  CHECK(!grandchild.alive());
}

TEST_CASE("a command that is not there fails with what to do", "[agents]")
{
  auto spawner = services::test::open_spawner();
  services::spawn_spec spec;
  spec.command = {"troupe-no-such-program"};
  process_agent agent{*spawner, agents::command_kind(spec)};
  auto sink = std::make_shared<recording_sink>();
  agent.start(task_with("null"), sink);
  CHECK(sink->result().error.kind == category::dependency);
}
