#include <atomic>
#include <future>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "gateway/raw_client.hpp"
#include "troupe/client.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using nlohmann::json;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";
const std::string task = "0190a1b2-0000-7000-8000-000000000001";

client_options options_for(const served& at) {
  client_options out;
  out.node = "http://127.0.0.1:" + std::to_string(at.server->port());
  out.retry_pause = 1ms;
  out.reconnects_max = 3;
  return out;
}

/// `failures` times that, then `{"ok":true}`.
void fail_first(const served& at, const std::string& op, int failures,
                errc with, core::duration retry_after = {}) {
  auto left = std::make_shared<std::atomic<int>>(failures);
  at.api->on(op, [=](const core::api_request&) {
    core::api_answer out;
    if (left->fetch_sub(1) > 0) {
      out.error = {with, category::unknown, "not now"};
      out.retry_after = retry_after;
    } else {
      out.body = core::text{R"({"ok":true})"};
    }
    return out;
  });
}

json params_of(const core::api_request& call) {
  return json::parse(call.params.view());
}

} // namespace

TEST_CASE("a client's submission arrives with all that was said", "[client]")
{
  served at;
  at.api->on("submit",
             R"({"run":")" + run + R"(","state":"pending","repeated":true})");
  auto opts = options_for(at);
  opts.workspace = "blue";
  client node{opts};
  submission_options how;
  how.input = R"({"a":1})";
  how.priority = 7;
  how.idempotency_key = "night";
  auto got = node.submit("workflow: w\n", how);
  REQUIRE(got.ok());
  CHECK(got.run == run);
  CHECK(got.repeated);
  auto seen = at.api->last_call();
  CHECK(seen.workspace == "blue");
  CHECK(seen.idempotency_key == "night");
  CHECK(params_of(seen)["workflow"] == "workflow: w\n");
  CHECK(params_of(seen)["input"] == json{{"a", 1}});
  CHECK(params_of(seen)["priority"] == 7);
  node.submit_tasks(R"([{"agent":"echo"}])");
  seen = at.api->last_call();
  CHECK(params_of(seen)["tasks"][0]["agent"] == "echo");
  CHECK(seen.idempotency_key.starts_with("client-"));
}

TEST_CASE("a command of a client goes to the run or the task of its id",
          "[client]")
{
  served at;
  client node{options_for(at)};
  node.cancel(run, "old");
  CHECK(params_of(at.api->last_call())
        == json{{"run", run}, {"reason", "old"}});
  node.retry(task);
  CHECK(params_of(at.api->last_call()) == json{{"task", task}});
  node.signal(run, "go", "[1]");
  CHECK(params_of(at.api->last_call())["payload"] == json{1});
  node.approve(task, "fine");
  CHECK(at.api->last_call().op == "approve");
  node.call("POST", "/api/v1/runs/" + run + "/pause");
  CHECK(at.api->last_call().op == "pause");
  auto calls = at.api->calls().size();
  CHECK(node.cancel("all").error.code == errc::invalid);
  CHECK(node.signal(run, "go", "{").error.code == errc::invalid);
  CHECK(node.submit_tasks("{}").error.code == errc::invalid);
  CHECK(node.ask("nonsense").error.code == errc::invalid);
  CHECK(node.call("POST", "/api/v1/a b").error.code == errc::invalid);
  CHECK(node.call("GET", "/api/v1/runs\r\nX: y").error.code == errc::invalid);
  CHECK(node.cancel(run, "", {"a\r\nX: y", {}}).error.code == errc::invalid);
  CHECK(at.api->calls().size() == calls);
}

TEST_CASE("a client tells a failure with its problems", "[client]")
{
  served at;
  core::api_answer wrong;
  wrong.error = {errc::invalid, category::validation, "one problem"};
  wrong.problems = {{"/steps/a", 3, 5, "unknown field", "drop it"}};
  at.api->fail("submit", wrong);
  auto got = client{options_for(at)}.submit("workflow: w\n");
  CHECK(got.error.code == errc::invalid);
  REQUIRE(got.problems.size() == 1);
  CHECK(got.problems[0].where == "/steps/a");
  CHECK(got.problems[0].line == 3);
  CHECK(got.problems[0].hint == "drop it");
  CHECK(at.api->calls().size() == 1);
}

TEST_CASE("a client asks again with the same key, and only what may be",
          "[client]")
{
  served at;
  client node{options_for(at)};
  fail_first(at, "cancel", 3, errc::restarting);
  CHECK(node.cancel(run).ok());
  auto calls = at.api->calls();
  REQUIRE(calls.size() == 4);
  CHECK(!calls[0].idempotency_key.empty());
  for (const auto& x : calls)
    CHECK(x.idempotency_key == calls[0].idempotency_key);
  fail_first(at, "cancel", 4, errc::restarting);
  auto unsure = node.cancel(run);
  CHECK(unsure.error.code == errc::restarting);
  CHECK(unsure.in_doubt);
  // Without a key that the node knows it might be done twice.
  fail_first(at, "queue_execute", 1, errc::restarting);
  auto before = at.api->calls().size();
  CHECK(node.queue_execute().in_doubt);
  CHECK(at.api->calls().size() == before + 1);
  fail_first(at, "status", 1, errc::restarting);
  CHECK(node.status().ok());
}

TEST_CASE("a client comes again when an overloaded node says, within its bound",
          "[client]")
{
  served at;
  auto opts = options_for(at);
  client node{opts};
  fail_first(at, "queue_execute", 1, errc::overloaded);
  CHECK(node.queue_execute().ok()); // It was refused, so it was not done.
  opts.retry_after_max = 5s;
  client hasty{opts};
  fail_first(at, "submit", 1, errc::overloaded, 60s);
  auto got = hasty.submit("workflow: w\n");
  CHECK(got.error.code == errc::overloaded);
  CHECK(got.retry_after == 60s);
  CHECK_FALSE(got.in_doubt);
}

TEST_CASE("a deadline of a client's call ends it, whoever does not answer",
          "[client]")
{
  served at;
  client node{options_for(at)};
  at.api->hold("cancel");
  auto got = node.cancel(run, "", {"k", 20ms});
  CHECK(got.error.code == errc::timed_out);
  CHECK(got.in_doubt);
  at.api->release();
  // Without one a pass takes as long as its work does.
  at.api->hold("queue_execute");
  got = node.queue_execute(1, task, {"", 20ms});
  CHECK(got.error.code == errc::timed_out);
  CHECK(params_of(at.api->last_call())
        == json{{"max_concurrent", 1}, {"task_id", task}});
  at.api->release();
}

TEST_CASE("a client reads a listing to its end, or as long as it likes",
          "[client]")
{
  served at;
  at.api->on("runs", [](const core::api_request& r) {
    auto after = json::parse(r.params.view()).value("after", "0");
    json page{{"runs", {after + "a", after + "b"}}};
    if (after != "2")
      page["next"] = std::to_string(std::stoi(after) + 1);
    return core::api_answer{{}, {}, core::text{page.dump()}, {}};
  });
  client node{options_for(at)};
  std::string seen;
  CHECK(node
          .each("runs", R"({"limit":2})",
                [&](const std::string& x) {
                  seen += x;
                  return true;
                })
          .ok());
  CHECK(seen == R"("0a""0b""1a""1b""2a""2b")");
  size_t taken = 0;
  node.each("runs", "{}", [&](const auto&) { return ++taken < 3; });
  CHECK(taken == 3);
}

TEST_CASE("a client's stream goes on behind its last event", "[client]")
{
  served at;
  client node{options_for(at)};
  std::vector<std::string> seen;
  follow_options what;
  what.run = run;
  what.kinds = "tasks,run_state";
  auto following = std::async(std::launch::async, [&] {
    return node.follow(what, [&](const client_event& x) {
      seen.push_back(x.cursor + x.json);
      return node.status().ok(); // It may ask meanwhile.
    });
  });
  auto first = at.api->wait_for_sink();
  first({"6", R"({"kind":"task_queued"})", false});
  first({"", R"({"kind":"lost","why":"slow"})", true});
  auto second = at.api->wait_for_sink();
  second({"7", R"({"kind":"end"})", true});
  auto end = following.get();
  CHECK(end.ok());
  CHECK(seen
        == std::vector<std::string>{R"(6{"kind":"task_queued"})",
                                    R"(7{"kind":"end"})"});
  REQUIRE(at.api->watches().size() == 2);
  CHECK(at.api->watches()[1].after == "6");
  CHECK(at.api->watches()[1].only.kinds != 0);
}

TEST_CASE("a client's stream ends where it is stopped, refused or lost",
          "[client]")
{
  served at;
  client node{options_for(at)};
  at.api->play({{"6", R"({"kind":"task_queued"})", false},
                {"7", R"({"kind":"task_started"})", false}});
  auto enough = node.follow({}, [](const client_event&) { return false; });
  CHECK(enough.ok());
  CHECK(enough.cursor == "6");
  std::stop_source stop;
  auto stopped = node.follow(
    {},
    [&](const client_event&) {
      stop.request_stop();
      return true;
    },
    stop.get_token());
  CHECK(stopped.ok());
  at.api->play({{"", R"({"kind":"lost","why":"too old"})", true}});
  auto lost = node.follow({}, [](const client_event&) { return true; });
  CHECK(lost.error.message.find("too old") != std::string::npos);
  auto watches = at.api->watches().size();
  core::api_answer missing;
  missing.error = {errc::not_found, category::validation, "no such run"};
  at.api->fail("run", missing);
  follow_options what;
  what.run = run;
  auto refused = node.follow(what, [](const client_event&) { return true; });
  CHECK(refused.error.code == errc::not_found);
  CHECK(at.api->watches().size() == watches);
}

TEST_CASE("a client waits for the end of a run", "[client]")
{
  served at;
  client node{options_for(at)};
  auto asked = std::make_shared<std::atomic<int>>(0);
  at.api->on("run", [=](const core::api_request&) {
    // The stream asks for it, too.
    auto state = asked->fetch_add(1) < 2 ? "running" : "completed";
    json body{{"run", run}, {"state", state}, {"output", {{"n", 1}}}};
    return core::api_answer{{}, {}, core::text{body.dump()}, {}};
  });
  at.api->play({{"9", R"({"kind":"end"})", true}});
  auto end = node.wait(run);
  CHECK(end.ok());
  CHECK(end.state == "completed");
  CHECK(end.output == R"({"n":1})");
  at.api->on("run", R"({"state":"failed","error":{"code":"no_agent",
                      "category":"dependency","message":"nobody can"}})");
  end = node.wait(run);
  CHECK(end.error
        == failure{errc::no_agent, category::dependency, "nobody can"});
}

TEST_CASE("what is wrong with a client's options is said by each call",
          "[client]")
{
  CHECK(problems(client_options{}).empty());
  client_options bad;
  bad.node = "ftp://x/y";
  CHECK(client{bad}.status().error.code == errc::invalid);
  bad = {};
  bad.node = "http://troupe.example.com";
  bad.token = "a.b.c";
  auto got = client{bad}.submit("workflow: w\n");
  CHECK(got.error.message.find("for all to read") != std::string::npos);
  CHECK(got.error.message.find("a.b.c") == std::string::npos);
  bad = {};
  bad.node = "https://localhost:1";
  bad.ca_file = "/nowhere.pem";
  CHECK(client{bad}.follow({}, [](const client_event&) { return true; }).error);
  bad = {};
  bad.tries_max = 0;
  bad.workspace = "a\r\nb";
  bad.call_timeout = 0ms;
  CHECK(problems(bad).size() == 3);
}
