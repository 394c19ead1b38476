// The examples of docs/agents.md.
#include <catch2/catch.hpp>

#include "agents/process_agent.hpp"
#include "agents/recording_sink.hpp"
#include "core/workflow.hpp"

using namespace std::chrono_literals;
using troupe::agents::test::recording_sink;
using troupe::agents::test::task_with;

namespace {

class word_count : public troupe::agent {
  troupe::outcome perform(const troupe::task& t,
                          troupe::context& ctx) override {
    size_t words = 0;
    bool in_word = false;
    for (char c : t.input) {
      if (ctx.cancelled())
        return troupe::outcome::failed("cancelled");
      words += c == ' ' ? 0 : !in_word;
      in_word = c != ' ';
    }
    return troupe::outcome::done(std::to_string(words));
  }
};

class later : public troupe::reactive_agent {
  void perform(const troupe::task& t, troupe::reply done) override {
    done.after(std::chrono::seconds{5}, troupe::outcome::done(t.input));
  }
};

class planner : public troupe::agent {
  troupe::outcome perform(const troupe::task&, troupe::context&) override {
    return troupe::outcome::done("2").with_tasks(R"([
      {"name": "fetch", "agent": {"capabilities": ["http"]}},
      {"name": "count", "depends_on": ["fetch"],
       "input": "${steps.fetch.output}"}
    ])");
  }
};

constexpr auto planning_script = R"(read -r task
echo '{"output": 2, "tasks": [{"name": "fetch", "type": "http"}]}')";

constexpr auto script = R"(read -r task
echo "got ${#task} bytes" >&2
echo '{"progress": 0.5, "note": "half"}' >&2
echo '{"ok": true}')";

struct calm : troupe::context {
  bool cancelled() const override { return false; }
  bool wait(std::chrono::milliseconds) override { return false; }
  void progress(double, std::string) override {}
  void log(std::string) override {}
};

} // namespace

TEST_CASE("the blocking agent of the manual counts words", "[agents]")
{
  std::unique_ptr<troupe::agent> agent = std::make_unique<word_count>();
  calm ctx;
  CHECK(agent->perform(task_with("\"to be  or not\""), ctx).output == "4");
}

TEST_CASE("the reactive agent of the manual answers later", "[agents]")
{
  std::unique_ptr<troupe::reactive_agent> agent = std::make_unique<later>();
  auto sink = std::make_shared<recording_sink>();
  agent->perform(task_with("1"), troupe::reply{sink});
  REQUIRE(sink->later());
  CHECK(sink->later()->first == 5s);
  CHECK(sink->later()->second.output == "1");
}

TEST_CASE("the process of the manual says all it can", "[agents]")
{
  using namespace troupe;
  auto spawner = services::test::open_spawner();
  agents::process_agent agent{
    *spawner, agents::command_kind(services::test::shell(script))};
  auto sink = std::make_shared<recording_sink>();
  agent.start(task_with("1"), sink);
  CHECK(sink->result().output == R"({"ok": true})");
  CHECK(sink->logged(0).starts_with("got "));
  CHECK(sink->progress_notes()
        == std::vector<services::progress_note>{{0.5, "half"}});
}

TEST_CASE("the planners of the manual add tasks", "[agents]")
{
  using namespace troupe;
  std::unique_ptr<agent> in_code = std::make_unique<planner>();
  calm ctx;
  auto added =
    core::parse_task_list(in_code->perform(task_with("1"), ctx).more);
  REQUIRE(added.value);
  CHECK(added.value->steps.size() == 2);
  auto spawner = services::test::open_spawner();
  agents::process_agent process{
    *spawner, agents::command_kind(services::test::shell(planning_script), {},
                                   services::answer_form::envelope)};
  auto sink = std::make_shared<recording_sink>();
  process.start(task_with("1"), sink);
  CHECK(sink->result().output == "2");
  CHECK(core::parse_task_list(sink->result().more).value);
}
