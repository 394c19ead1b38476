#include <catch2/catch.hpp>

#include "mcp/conversation.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

TEST_CASE("a run is a task of that id for clients that know tasks", "[mcp]")
{
  conversation with;
  with.api->on("submit", R"({"run":")" + run + "\"}");
  with.api->on("run", run_json("running", 10));
  json call{{"name", "run"}, {"arguments", {{"name", "release"}}}};
  auto made = result_of(*with.modern("tools/call", call, can_tasks));
  CHECK(made["resultType"] == "task");
  CHECK(made["taskId"] == run);
  CHECK(made["status"] == "working");
  CHECK(made["ttlMs"].is_null());
  json get{{"taskId", run}};
  CHECK(result_of(*with.modern("tasks/get", get, can_tasks))["status"]
        == "working");
  with.api->on("run", run_json("failed", 100));
  auto over = result_of(*with.modern("tasks/get", get, can_tasks));
  CHECK(over["status"] == "completed");
  CHECK(over["result"]["isError"] == true);
}

TEST_CASE("tasks are for clients that say so", "[mcp]")
{
  conversation with;
  auto error = error_of(*with.modern("tasks/get", {{"taskId", run}}));
  CHECK(error["code"] == -32021);
  CHECK(error["data"]["requiredCapabilities"]["extensions"].contains(
    mcp::key::tasks));
  core::api_answer no;
  no.error = {errc::not_found, category::unknown, "no run"};
  with.api->fail("run", no);
  CHECK(
    error_of(*with.modern("tasks/get", {{"taskId", run}}, can_tasks))["code"]
    == -32602);
}

TEST_CASE("a decision is a question of the task and can be answered there",
          "[mcp]")
{
  conversation with;
  has_open_decision(with);
  auto able = can_tasks;
  able.update(can_ask);
  auto alone =
    result_of(*with.modern("tasks/get", {{"taskId", run}}, can_tasks));
  CHECK(alone["status"] == "working");
  CHECK(alone["statusMessage"] == "waits for a person to decide");
  auto task_now = result_of(*with.modern("tasks/get", {{"taskId", run}}, able));
  CHECK(task_now["status"] == "input_required");
  auto key = "approval:" + task;
  REQUIRE(task_now["inputRequests"].contains(key));
  json update{{"taskId", run}};
  update["inputResponses"][key] = {{"action", "accept"},
                                   {"content", {{"decision", "approve"}}}};
  auto ack = result_of(*with.modern("tasks/update", update, able));
  CHECK(!ack.contains("taskId"));
  CHECK(times_asked(with, "approve") == 1);
}

TEST_CASE("cancelling a task cancels its run, once", "[mcp]")
{
  conversation with;
  with.api->on("run", run_json("running", 10));
  result_of(*with.modern("tasks/cancel", {{"taskId", run}}, can_tasks));
  CHECK(with.api->last_call().op == "cancel");
  with.api->on("run", run_json("cancelled", 10));
  result_of(*with.modern("tasks/cancel", {{"taskId", run}}, can_tasks));
  CHECK(with.api->last_call().op == "run");
}

TEST_CASE("in a session a task is made where the call asks for one", "[mcp]")
{
  conversation with;
  with.initialize();
  with.api->on("run", run_json("running", 10));
  auto call = watch_call();
  call["task"] = {{"ttl", 60000}};
  auto made = result_of(*with.legacy("tools/call", call));
  CHECK(made["task"]["taskId"] == run);
  auto waiting = with.legacy("tasks/result", {{"taskId", run}});
  CHECK(waiting->answers().empty());
  with.api->on("run", run_json("completed", 100));
  with.api->wait_for_sink()({"", R"({"kind":"end"})", true});
  auto got = result_of(*waiting);
  CHECK(got["_meta"][mcp::key::related_task]["taskId"] == run);
  CHECK(got["structuredContent"]["state"] == "completed");
}
