#include <catch2/catch.hpp>

#include "mcp/conversation.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

TEST_CASE("watch answers when the run has ended, with progress before", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("running", 20));
  auto call = watch_call();
  call["_meta"]["progressToken"] = "p";
  auto got = with.modern("tools/call", call);
  CHECK(got->answers().empty());
  auto sink = with.api->wait_for_sink();
  CHECK(sink({"1", R"({"kind":"task_ended"})", false})); // Nothing new.
  with.api->on("run", run_json("running", 60));
  CHECK(sink({"2", R"({"kind":"task_ended"})", false}));
  with.api->on("run", run_json("completed", 100));
  sink({"3", R"({"kind":"end"})", true});
  auto result = result_of(*got);
  CHECK(result["structuredContent"]["state"] == "completed");
  CHECK(!result.contains("isError"));
  auto progress = said_by(*got, "notifications/progress");
  REQUIRE(progress.size() == 3);
  CHECK(progress[0]["params"]["progress"] == 20);
  CHECK(progress[1]["params"]["progress"] == 60);
  CHECK(progress[2]["params"]["progress"] == 100);
}

TEST_CASE("nobody is told of progress who did not ask for it", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("completed", 100));
  auto got = with.modern("tools/call", watch_call());
  CHECK(result_of(*got)["structuredContent"]["percent"] == 100);
  CHECK(got->said().empty());
}

TEST_CASE("a run that failed is a tool's error", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("failed", 100));
  CHECK(result_of(*with.modern("tools/call", watch_call()))["isError"] == true);
}

TEST_CASE("watch comes back when its time is over", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("running", 20));
  auto got = with.modern("tools/call", watch_call(8));
  with.ring(); // After 5 s.
  CHECK(got->answers().empty());
  with.ring(); // After 3 more.
  CHECK(result_of(*got)["structuredContent"]["state"] == "running");
  CHECK(with.alarms.empty());
}

TEST_CASE("watching ends when the client has gone", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("running", 20));
  auto got = with.modern("tools/call", watch_call());
  auto sink = with.api->wait_for_sink();
  got->close();
  CHECK(!sink({"1", R"({"kind":"task_ended"})", false}));
  with.ring();
  CHECK(with.alarms.empty());
}

TEST_CASE("lines of agents are logged for those who want them", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("running", 20));
  auto call = watch_call();
  auto silent = with.modern("tools/call", call);
  auto line = core::watch_event{
    "1", R"({"kind":"log","id":"t","line":"compiling"})", false};
  with.api->wait_for_sink()(line);
  call["_meta"][mcp::key::log_level] = "info";
  auto loud = with.modern("tools/call", call);
  with.api->wait_for_sink()(line);
  CHECK(silent->said().empty());
  REQUIRE(loud->said().size() == 1);
  CHECK(loud->said()[0]["params"]["data"] == "compiling");
}

TEST_CASE("a stream that is lost is begun again where it was", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("running", 20));
  auto got = with.modern("tools/call", watch_call());
  auto sink = with.api->wait_for_sink();
  sink({"7", R"({"kind":"task_ended"})", false});
  sink({"", R"({"kind":"lost"})", true});
  with.ring();
  auto watches = with.api->watches();
  REQUIRE(watches.size() == 2);
  CHECK(watches[1].after == "7");
}

TEST_CASE("who follows a run is told that it has changed", "[mcp]")
{
  conversation with;
  with.initialize();
  auto stream = std::make_shared<recording_outlet>();
  mcp::incoming listen;
  listen.from.by.principal = "ann";
  listen.headers = {{"mcp-session-id", with.session}};
  CHECK(!with.server->listen(listen, stream));
  auto uri = "troupe://runs/" + run;
  result_of(*with.legacy("resources/subscribe", {{"uri", uri}}));
  auto sink = with.api->wait_for_sink();
  CHECK(sink({"1", R"({"kind":"task_ended"})", false}));
  CHECK(sink({"2", R"({"kind":"task_ended"})", false}));
  CHECK(stream->said().empty()); // Not for each of many.
  CHECK(with.alarms.size() == 1);
  with.ring();
  auto told = said_by(*stream, "notifications/resources/updated");
  REQUIRE(told.size() == 1);
  CHECK(told[0]["params"]["uri"] == uri);
  result_of(*with.legacy("resources/unsubscribe", {{"uri", uri}}));
  CHECK(!sink({"3", R"({"kind":"task_ended"})", false}));
  // Followed anew, it is another watch that tells.
  result_of(*with.legacy("resources/subscribe", {{"uri", uri}}));
  CHECK(!sink({"3", R"({"kind":"task_ended"})", false}));
  auto newer = with.api->wait_for_sink();
  CHECK(newer({"3", "", false})); // Only how far it is.
  CHECK(with.alarms.empty());
  CHECK(newer({"4", R"({"kind":"task_ended"})", false}));
  CHECK(with.alarms.size() == 1);
}

TEST_CASE("what is no resource cannot be followed", "[mcp]")
{
  conversation with;
  with.initialize();
  for (const auto* uri : {"", "troupe://nothing", "http://example.com"}) {
    INFO(uri);
    auto said = error_of(*with.legacy("resources/subscribe", {{"uri", uri}}));
    CHECK(said["code"] == -32602);
  }
}

TEST_CASE("updates that find no room are told later", "[mcp]")
{
  conversation with;
  with.initialize();
  std::vector<json> told;
  int room = 1;
  auto around = std::make_shared<mcp::surroundings>();
  around->after = [&](auto, auto then) { with.alarms.push_back(then); };
  auto all = std::make_shared<mcp::subscriptions>(around);
  auto tell = [&](json said) {
    return room-- > 0 && (told.push_back(std::move(said)), true);
  };
  REQUIRE(all->add("k", {tell, [] { return true; }, {}}));
  CHECK(!all->follow("other", "troupe://runs", {}));
  mcp::caller from;
  from.api = with.api;
  for (const auto* uri : {"troupe://runs", "troupe://agents"}) {
    REQUIRE(all->follow("k", uri, from));
    CHECK(with.api->wait_for_sink()({"1", "{}", false}));
  }
  with.ring();
  CHECK(told.size() == 1);
  room = 10;
  with.ring();
  CHECK(told.size() == 2);
}

TEST_CASE("a modern client listens with a request that stays open", "[mcp]")
{
  conversation with;
  json wanted{{"resourceSubscriptions", {"troupe://runs/" + run}},
              {"toolsListChanged", true}};
  auto got = with.modern("subscriptions/listen", {{"notifications", wanted}});
  REQUIRE(got->said().size() == 1);
  auto ack = got->said()[0];
  CHECK(ack["method"] == "notifications/subscriptions/acknowledged");
  // Our tools never change, so that is not promised.
  CHECK(!ack["params"]["notifications"].contains("toolsListChanged"));
  with.api->wait_for_sink()({"1", R"({"kind":"task_ended"})", false});
  with.ring();
  auto told = said_by(*got, "notifications/resources/updated");
  REQUIRE(told.size() == 1);
  CHECK(told[0]["params"]["_meta"][mcp::key::subscription]
        == ack["params"]["_meta"][mcp::key::subscription]);
  CHECK(got->answers().empty());
}

TEST_CASE("a request that is cancelled gets no answer", "[mcp]")
{
  conversation with;
  with.initialize();
  with.api->on("run", run_json("running", 10));
  auto got = with.legacy("tools/call", watch_call());
  json cancel{{"jsonrpc", "2.0"}, {"method", "notifications/cancelled"}};
  cancel["params"] = {{"requestId", with.last_id}};
  with.say(cancel.dump(), {{"mcp-session-id", with.session}});
  with.api->on("run", run_json("completed", 100));
  with.api->wait_for_sink()({"", R"({"kind":"end"})", true});
  REQUIRE(got->answers().size() == 1);
  CHECK(got->answers()[0].message.is_null());
}

TEST_CASE("a node that is started again is waited for", "[mcp]")
{
  conversation with;
  core::api_answer no;
  no.error = {errc::restarting, category::unknown, "ask again"};
  with.api->fail("run", no);
  auto got = with.modern("tools/call", watch_call());
  with.ring();
  CHECK(got->answers().empty());
  with.api->on("run", run_json("completed", 100));
  with.ring();
  CHECK(result_of(*got)["structuredContent"]["state"] == "completed");
}
