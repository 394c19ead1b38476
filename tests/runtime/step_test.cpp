#include <catch2/catch.hpp>

#include <atomic>
#include <mutex>

#include <nlohmann/json.hpp>

#include "runtime/agents.hpp"
#include "runtime/directory.hpp"

// What a step can ask for, through the public face and with every part of the
// node: fallbacks, stored outputs, keys.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// Keeps what it was given, and always fails if it is to.
class recorder : public agent {
public:
  struct book {
    std::mutex mutex;
    std::vector<task> seen;
    bool fails = false;
  };
  explicit recorder(book& b) : book_(b) {}

  outcome perform(const task& t, context&) override {
    std::lock_guard guard{book_.mutex};
    book_.seen.push_back(t);
    if (book_.fails)
      return outcome::failed("broken", category::network);
    return outcome::done(json(book_.seen.size()).dump());
  }

private:
  book& book_;
};

void add(node& to, const std::string& name, recorder::book& b) {
  to.add(who(name, name, 1), [&b] { return std::make_unique<recorder>(b); });
}

json first_task(node& n, const std::string& run) {
  std::string body;
  REQUIRE_FALSE(n.ask("tasks", json{{"run", run}}.dump(), body));
  return json::parse(body)["tasks"][0];
}

/// The kinds of a run's facts, in order.
std::vector<std::string> history(node& n, const std::string& run) {
  std::string body;
  REQUIRE_FALSE(n.ask("history", json{{"run", run}}.dump(), body));
  std::vector<std::string> kinds;
  auto answer = json::parse(body);
  for (const auto& x : answer["facts"])
    kinds.push_back(x["kind"]);
  return kinds;
}

bool has(const std::vector<std::string>& all, const std::string& x) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

} // namespace

TEST_CASE("a task whose agent fails for good goes to its fallback",
          "[runtime][fallback]")
{
  recorder::book broken, well;
  broken.fails = true;
  directory dir;
  node n{quiet(dir / "data")};
  add(n, "broken", broken);
  add(n, "well", well);
  REQUIRE_FALSE(n.start());
  auto done = n.run(R"(
workflow: w
steps:
  a:
    agent: broken
    retries: 1
    backoff: {base: 1ms}
    input: 1
    fallback: {agent: well, input: {instead: "${run.id}"}}
)");
  CHECK(done.state == "completed");
  CHECK(broken.seen.size() == 2);
  REQUIRE(well.seen.size() == 1);
  CHECK(json::parse(well.seen[0].input)["instead"] == done.run);
  auto row = first_task(n, done.run);
  CHECK(row["fallback"] == true);
  CHECK(row["retries"] == 2);
  CHECK(row["attempt"] == 3);
  CHECK(row["agent"] == "well");
  CHECK(has(history(n, done.run), "task_fell_back"));
}

TEST_CASE("an equal step gets the stored output, also after a restart",
          "[runtime][cache]")
{
  const std::string workflow = R"(
workflow: w
input: {of: {type: integer, required: true}}
steps:
  a: {agent: maker, cache: 1h, input: "${run.input.of}"}
)";
  recorder::book made;
  auto of = [](int x) {
    submit_options how;
    how.input = json{{"of", x}}.dump();
    return how;
  };
  directory dir;
  {
    node n{quiet(dir / "data")};
    add(n, "maker", made);
    REQUIRE_FALSE(n.start());
    CHECK(n.run(workflow, of(1)).output == R"({"a":1})");
    CHECK(n.run(workflow, of(2)).output == R"({"a":2})");
    auto again = n.run(workflow, of(1));
    CHECK(again.output == R"({"a":1})");
    CHECK(first_task(n, again.run)["cached"] == true);
    CHECK_FALSE(first_task(n, again.run).contains("agent"));
    CHECK(has(history(n, again.run), "cache_hit"));
    submit_options other = of(1);
    other.workspace = "other";
    CHECK(n.run(workflow, other).output == R"({"a":3})");
  }
  node n{quiet(dir / "data")};
  add(n, "maker", made);
  REQUIRE_FALSE(n.start());
  CHECK(n.run(workflow, of(2)).output == R"({"a":2})");
  CHECK(made.seen.size() == 3);
}

TEST_CASE("an agent gets the key that its step made", "[runtime]")
{
  recorder::book b;
  node n{quiet()};
  add(n, "payer", b);
  REQUIRE_FALSE(n.start());
  submit_options how;
  how.input = R"({"order":7})";
  auto run = n.run(R"(
workflow: w
steps:
  pay: {agent: payer, idempotency_key: "order-${run.input.order}"}
  log: {agent: payer, depends_on: [pay]}
)",
                   how);
  CHECK(run.state == "completed");
  REQUIRE(b.seen.size() == 2);
  CHECK(b.seen[0].idempotency_key == "order-7");
  CHECK(b.seen[1].idempotency_key == b.seen[1].id);
}
