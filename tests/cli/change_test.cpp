#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <set>

#include "cli/console.hpp"

// Verbs that change something: each once, and nothing by halves.

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

namespace {

const std::string run_b = "0190a1c3-0000-7000-8000-000000000000";
const std::string task = "0190a1b2-0000-7000-8000-000000000001";

core::api_answer failing(errc code, category kind, std::string message) {
  core::api_answer out;
  out.error = {code, kind, std::move(message)};
  return out;
}

core::api_answer answering(std::string body) {
  return {{}, {}, core::text{std::move(body)}, {}};
}

/// Answers in this order, then with the last one for ever.
scripted_api::answerer in_turn(std::vector<core::api_answer> all) {
  auto n = std::make_shared<size_t>(0);
  return [all = std::move(all), n](const core::api_request&) {
    return all[std::min((*n)++, all.size() - 1)];
  };
}

size_t calls_of(console& at, const std::string& op) {
  size_t out = 0;
  for (const auto& x : at.api->calls())
    out += x.op == op ? 1 : 0;
  return out;
}

const auto late =
  failing(errc::timed_out, category::timeout, "it did not answer in time");
const auto gone = failing(errc::stopping, category::network, "no node answers");

} // namespace

TEST_CASE("a submission whose answer is lost is asked for again, by its key",
          "[cli]")
{
  console at;
  file workflow{"workflow: w\n"};
  at.api->on("submit", in_turn({late, gone,
                                answering(R"({"run":")" + run_a
                                          + R"(","repeated":true})")}));
  CHECK(at.run({"submit", workflow.path}) == exit_ok);
  CHECK(at.out.str() == run_a + "\n");
  CHECK(at.complained("asking again with the same key, so that it is done once "
                      "(try 2 of 4)"));
  CHECK_FALSE(at.complained("this key was used before"));
  auto calls = at.api->calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].idempotency_key.starts_with("cli-"));
  CHECK(calls[1].idempotency_key == calls[0].idempotency_key);
  CHECK(calls[2].idempotency_key == calls[0].idempotency_key);
  CHECK(calls[2].params == calls[0].params);
  at.run({"submit", workflow.path});
  CHECK(at.api->last_call().idempotency_key != calls[0].idempotency_key);
}

TEST_CASE("who never gets an answer is told the key to be sure with", "[cli]")
{
  console at;
  at.api->fail("submit", late);
  CHECK(at.run({"submit", "w"}) == exit_timeout);
  CHECK(calls_of(at, "submit") == 4);
  CHECK(at.complained("submit it again with --idempotency-key "
                      + at.api->last_call().idempotency_key));
  at.api->fail("submit", gone);
  CHECK(at.run({"submit", "w"}) == exit_no_node);
  CHECK(calls_of(at, "submit") == 5); // It was never sent: that is certain.
}

TEST_CASE("every command has a key of its own, a question has none", "[cli]")
{
  console at;
  std::set<std::string> keys;
  for (std::vector<std::string> args :
       {std::vector<std::string>{"cancel", run_a},
        {"retry", run_a},
        {"pause", run_a},
        {"resume", run_a},
        {"signal", run_a, "go"},
        {"approve", task},
        {"reject", task}}) {
    INFO(args[0]);
    at.api->on(args[0], in_turn({late, answering("{}")}));
    CHECK(at.run(args) == exit_ok);
    CHECK(calls_of(at, args[0]) == 2);
    keys.insert(at.api->last_call().idempotency_key);
  }
  CHECK(keys.size() == 7);
  CHECK(keys.count("") == 0);
  at.api->fail("runs", late);
  CHECK(at.run({"runs"}) == exit_timeout);
  CHECK(calls_of(at, "runs") == 1);
  CHECK(at.api->last_call().idempotency_key.empty());
}

TEST_CASE("a submission that is not followed has no time to give up", "[cli]")
{
  console at;
  CHECK(at.run({"submit", "w", "--timeout", "5s"}) == exit_usage);
  CHECK(at.complained("--timeout does nothing without --wait"));
  CHECK(at.run({"submit", "w", "--until-approval"}) == exit_usage);
  CHECK(at.api->calls().empty());
}

TEST_CASE("of several targets each is found before the first is changed",
          "[cli]")
{
  console at;
  at.api->on("run", [](const core::api_request& x) {
    return x.params.view().find(run_b) == std::string_view::npos
             ? answering("{}")
             : failing(errc::not_found, category::unknown, "no such run");
  });
  for (const auto* verb : {"cancel", "retry", "pause", "resume"}) {
    CHECK(at.run({verb, run_a, run_b}) == exit_not_found);
    CHECK(calls_of(at, verb) == 0);
    CHECK(at.run({verb, run_a, "0190"}) == exit_not_found);
    CHECK(calls_of(at, verb) == 0);
  }
}

TEST_CASE("of several targets each is told, and the exit code tells of a "
          "refusal",
          "[cli]")
{
  console at;
  at.api->on("cancel", [](const core::api_request& x) {
    return x.params.view().find(run_a) == std::string_view::npos
             ? answering(R"({"state":"cancelling"})")
             : failing(errc::invalid_state, category::unknown, "it has ended");
  });
  CHECK(at.run({"cancel", run_a, run_b, task}) == exit_conflict);
  CHECK(at.complained("troupe: " + run_a + ": it has ended"));
  CHECK(at.out.str() == run_b + " cancelling\n" + task + " cancelling\n");
}

TEST_CASE("signals carry JSON and say what became of them", "[cli]")
{
  console at;
  at.api->on("signal", R"({"taken":true})");
  CHECK(at.run({"signal", run_a, "go", "--payload", R"({"x":1})"}) == exit_ok);
  CHECK(params(at)["payload"]["x"] == 1);
  CHECK(at.said("taken"));
  CHECK(at.run({"signal", run_a, "go", "--payload", "{"}) == exit_usage);
  at.api->on("signal", R"({"taken":false})");
  CHECK(at.run({"signal", run_a, "go"}) == exit_ok);
  CHECK(at.said("no step waits for it now; kept until one does"));
}
