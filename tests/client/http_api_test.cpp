#include <catch2/catch.hpp>

#include <future>

#include <unistd.h>

#include "client/http_api.hpp"
#include "gateway/raw_client.hpp"

using namespace troupe;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";

core::api_answer ask(core::api& api, core::api_request what) {
  std::promise<core::api_answer> answer;
  api.call(std::move(what),
           [&](core::api_answer got) { answer.set_value(std::move(got)); });
  return answer.get_future().get();
}

remote::node_address of(const served& at) {
  return {{}, "127.0.0.1", at.server->port()};
}

std::vector<core::watch_event> watch_all(core::api& api) {
  auto out = std::make_shared<std::vector<core::watch_event>>();
  std::promise<void> ended;
  core::watch_request what;
  what.run = *core::id_from(run);
  what.after = "5";
  api.watch(what, [&, out](const core::watch_event& event) {
    out->push_back(event);
    if (event.last)
      ended.set_value();
    return !event.last;
  });
  ended.get_future().get();
  return *out;
}

} // namespace

TEST_CASE("a call arrives at the layer behind the door as it was made",
          "[client]")
{
  served at;
  at.api->on("cancel", R"({"id":"x","state":"cancelled"})");
  remote::http_api api{of(at)};
  CHECK(api.reachable());
  core::api_request what{
    "cancel",
    "blue",
    {},
    core::text{R"({"run":")" + run + R"(","reason":"old \"ä\""})"},
    "key-1"};
  what.by.trace = "0af7651916cd43dd8448eb211c80319c";
  for (int i = 0; i < 3; ++i) { // The connection is used again.
    auto got = ask(api, what);
    REQUIRE(!got.error);
    CHECK(got.body.view() == R"({"id":"x","state":"cancelled"})");
  }
  auto seen = at.api->last_call();
  CHECK(seen.op == "cancel");
  CHECK(seen.workspace == "blue");
  CHECK(seen.idempotency_key == "key-1");
  // With the span that a traceparent needs.
  CHECK(seen.by.trace.starts_with(what.by.trace));
  CHECK(nlohmann::json::parse(seen.params.view())
        == nlohmann::json::parse(what.params.view()));
}

TEST_CASE("a failure comes through the door with its problems", "[client]")
{
  served at;
  core::api_answer wrong;
  wrong.error = {errc::invalid, category::validation, "one problem"};
  wrong.problems = {{"/steps/a", 3, 5, "unknown field", "drop it"}};
  at.api->fail("submit", wrong);
  remote::http_api api{of(at)};
  auto got =
    ask(api, {"submit", "default", {}, core::text{R"({"name":"w"})"}, {}});
  CHECK(got.error.code == errc::invalid);
  CHECK(got.error.message == "one problem");
  CHECK(got.problems == wrong.problems);
}

TEST_CASE("a node that does not answer in time is known to be late", "[client]")
{
  gateway::gateway_options opts;
  opts.answer_timeout = std::chrono::milliseconds{20};
  served at{opts};
  at.api->hold("cancel");
  remote::http_api api{of(at)};
  auto got = ask(
    api,
    {"cancel", "default", {}, core::text{R"({"run":")" + run + "\"}"}, "k"});
  // So it is asked again with the same key, and ends with the code 124.
  CHECK(got.error.code == errc::timed_out);
  CHECK(got.error.kind == category::timeout);
  CHECK_THAT(got.error.message, Catch::Contains("answer_timeout"));
  at.api->release();
}

TEST_CASE("many calls at once are each answered", "[client]")
{
  served at;
  at.api->on("run", [](const core::api_request& r) {
    return core::api_answer{{}, {}, r.params, {}};
  });
  remote::http_api api{of(at)};
  std::vector<std::promise<core::api_answer>> answers(50);
  for (uint32_t i = 0; i < 50; ++i) {
    auto id = core::id_from(run)->with(0);
    id.low += uint64_t{i} << 24;
    api.call(
      {"run",
       "default",
       {},
       core::text{R"({"run":")" + to_string(id) + "\"}"},
       {}},
      [&, i](core::api_answer x) { answers[i].set_value(std::move(x)); });
  }
  for (uint32_t i = 0; i < 50; ++i) {
    auto id = core::id_from(run)->with(0);
    id.low += uint64_t{i} << 24;
    auto got = answers[i].get_future().get();
    CHECK(got.body.view() == R"({"run":")" + to_string(id) + "\"}");
  }
}

TEST_CASE("a stream comes through the door with its cursors", "[client]")
{
  served at;
  at.api->play({{"6", R"({"kind":"task_queued"})", false},
                {"7", R"({"kind":"end"})", true}});
  remote::http_api api{of(at)};
  auto events = watch_all(api);
  REQUIRE(events.size() == 2);
  CHECK(events[0].cursor == "6");
  CHECK(events[0].json == R"({"kind":"task_queued"})");
  CHECK(events[1].last);
  CHECK(at.api->watches().at(0).after == "5");
}

TEST_CASE("a stream that cannot be had ends as lost", "[client]")
{
  served at;
  core::api_answer missing;
  missing.error.code = errc::not_found;
  at.api->fail("run", missing);
  remote::http_api api{of(at)};
  auto events = watch_all(api);
  REQUIRE(events.size() == 1);
  CHECK_THAT(events[0].json, Catch::Contains("404"));
}

TEST_CASE("a node goes and comes back between two calls", "[client]")
{
  auto at = std::make_unique<served>();
  auto where = of(*at);
  remote::http_api api{where};
  CHECK(!ask(api, {"status", "default", {}, {}, {}}).error);
  at.reset();
  // The line that was open breaks first; then there is nobody to call.
  auto lost = ask(api, {"status", "default", {}, {}, {}});
  CHECK(lost.error.kind == category::network);
  auto gone = ask(api, {"status", "default", {}, {}, {}});
  CHECK(gone.error.kind == category::network);
  CHECK(gone.error.message.find("troupe node") != std::string::npos);
  CHECK(!api.reachable());
  gateway::gateway_options opts;
  opts.port = where.port;
  gateway::http_server again{std::make_shared<test::scripted_api>(), opts};
  REQUIRE(!again.start());
  CHECK(!ask(api, {"status", "default", {}, {}, {}}).error);
}

TEST_CASE("a Unix socket serves like a port", "[client]")
{
  auto path = "/tmp/troupe-http-api-" + std::to_string(::getpid());
  gateway::gateway_options opts;
  opts.unix_socket = path;
  served at{opts};
  remote::http_api api{{path, {}, 0}};
  CHECK(api.reachable());
  CHECK(!ask(api, {"status", "default", {}, {}, {}}).error);
}

TEST_CASE("what is under way is answered when the client ends", "[client]")
{
  served at;
  at.api->hold("status");
  std::promise<core::api_answer> answer;
  {
    remote::http_api api{of(at)};
    api.call({"status", "default", {}, {}, {}},
             [&](core::api_answer got) { answer.set_value(std::move(got)); });
    at.api->wait_until_held();
  }
  CHECK(answer.get_future().get().error.code == errc::cancelled);
  at.api->release();
}
