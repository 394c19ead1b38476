#include <nlohmann/json.hpp>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"

// What agents said, while they work and afterwards.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// Says the lines of its input, fails where asked to, and waits for the test.
class speaker : public agent {
public:
  struct script {
    std::promise<void> said;
    std::promise<void> go_on;
  };
  explicit speaker(script& with) : with_(with) {}

  outcome perform(const task& t, context& ctx) override {
    auto input = json::parse(t.input);
    for (const auto& x : input.value("say", json::array()))
      ctx.log(x.get<std::string>());
    if (input.value("wait", false)) {
      with_.said.set_value();
      with_.go_on.get_future().wait();
    }
    if (input.value("fail", false) && t.attempt == 1)
      return outcome::failed("not yet");
    return outcome::done();
  }

private:
  script& with_;
};

struct talk {
  directory dir;
  speaker::script script;
  std::unique_ptr<node> n;

  talk() { begin(); }
  void begin() {
    n.reset();
    n = std::make_unique<node>(quiet(dir / "data"));
    n->add(who("ann", "talk", 4),
           [this] { return std::make_unique<speaker>(script); });
    REQUIRE_FALSE(n->start());
  }

  json lines(const json& of) { return ask(*n, "logs", of)["lines"]; }
  std::string task_of(const std::string& run, const std::string& name) {
    return ask(*n, "tasks", {{"run", run}, {"name", name}})["tasks"][0]["task"];
  }
  failure refusal(const json& params,
                  const std::string& workspace = "default") {
    std::string body;
    return n->ask("logs", params.dump(), body, workspace);
  }
};

constexpr auto two_steps = R"(
workflow: w
steps:
  a: {agent: ann, input: {say: [one, two], fail: true}, backoff: {base: 1ms}}
  b: {agent: ann, depends_on: a, input: {say: [three]}}
  silent: {agent: ann, input: {}}
)";

} // namespace

TEST_CASE("what was said stays with each attempt, over a restart", "[logs]")
{
  talk at;
  auto run = at.n->run(two_steps).run;
  for (auto again : {false, true}) {
    if (again)
      at.begin();
    auto all = at.lines({{"run", run}});
    REQUIRE(all.size() == 5);
    for (size_t i = 0; i < 5; ++i)
      CHECK(all[i]["line"]
            == std::vector{"one", "two", "one", "two", "three"}[i]);
    CHECK(all[0]["name"] == "a");
    CHECK(all[1]["attempt"] == 1);
    CHECK(all[1]["number"] == 1);
    CHECK(all[2]["attempt"] == 2);
    CHECK(all[4]["name"] == "b");
    CHECK(all[4]["at"].get<std::string>().ends_with("Z"));
    CHECK(at.lines({{"task", at.task_of(run, "silent")}}).empty());
  }
  auto a = at.task_of(run, "a");
  CHECK(at.lines({{"task", a}}).size() == 4);
  auto second = at.lines({{"task", a}, {"attempt", 2}});
  REQUIRE(second.size() == 2);
  CHECK(second[0]["attempt"] == 2);
  CHECK_FALSE(ask(*at.n, "logs", {{"task", a}}).contains("live"));
}

TEST_CASE("logs come in pages that miss nothing", "[logs]")
{
  talk at;
  auto run = at.n->run(two_steps).run;
  std::vector<std::string> all;
  json params{{"run", run}, {"limit", 2}};
  for (;;) {
    auto page = ask(*at.n, "logs", params);
    CHECK(page["lines"].size() <= 2);
    for (const auto& x : page["lines"])
      all.push_back(x["line"]);
    if (!page.contains("next"))
      break;
    params["after"] = page["next"];
  }
  CHECK(all == std::vector<std::string>{"one", "two", "one", "two", "three"});
}

TEST_CASE("lines are there while the agent still works", "[logs]")
{
  talk at;
  auto said = at.script.said.get_future();
  auto run = at.n->submit_tasks(
    R"([{"name": "x", "agent": "ann", "input": {"say": ["so far"], "wait": true}}])");
  said.wait();
  auto x = at.task_of(run.run, "x");
  json page;
  do // Its row says who has it a moment after that is so.
    page = ask(*at.n, "logs", {{"task", x}});
  while (page["lines"].empty());
  CHECK(page["live"] == true);
  CHECK(page["lines"][0]["line"] == "so far");
  auto next = page["next"];
  CHECK(ask(*at.n, "logs", {{"task", x}, {"after", next}})["lines"].empty());
  at.script.go_on.set_value();
  REQUIRE(ends(*at.n, run.run));
  page = ask(*at.n, "logs", {{"task", x}, {"after", next}});
  CHECK(page["lines"].empty());
  CHECK_FALSE(page.contains("live"));
}

TEST_CASE("logs of what is not there, or not ours, are refused", "[logs]")
{
  talk at;
  auto run = at.n->run(two_steps).run;
  auto a = at.task_of(run, "a");
  CHECK(at.refusal({{"run", run}}, "other").code == errc::not_found);
  CHECK(at.refusal({{"task", a}}, "other").code == errc::not_found);
  CHECK(at.refusal({{"task", run.substr(0, 34) + "99"}}).code
        == errc::not_found);
  for (auto cursor :
       {"1", "1.2", "1.2.x", "0.1.1", "1.1.1.1", "99999999.1.1"}) {
    INFO(cursor);
    CHECK(at.refusal({{"run", run}, {"after", cursor}}).code == errc::invalid);
  }
  CHECK(at.refusal({{"task", a}, {"attempt", 0}}).code == errc::invalid);
}
