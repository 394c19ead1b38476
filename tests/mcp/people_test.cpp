#include <catch2/catch.hpp>

#include "mcp/conversation.hpp"

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// The client's answer to what it was asked.
void answer(conversation& with, const json& asked, json result) {
  json out{{"jsonrpc", "2.0"}, {"id", asked["id"]}};
  out["result"] = std::move(result);
  with.say(out.dump(), {{"mcp-session-id", with.session}});
}

} // namespace

TEST_CASE("who cannot ask a user is told that one has to decide", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  auto result = result_of(*with.modern("tools/call", watch_call()));
  CHECK(result["structuredContent"]["approvals"][0]["task"] == task);
  auto said = result["content"][0]["text"].get<std::string>();
  CHECK(said.find("Ask the user") != said.npos);
}

TEST_CASE("in a session the user is asked while the tool waits", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  with.initialize(can_ask);
  auto got = with.legacy("tools/call", watch_call());
  auto asked = said_by(*got, "elicitation/create");
  REQUIRE(asked.size() == 1);
  CHECK(asked[0]["params"]["message"] == "Deploy?");
  CHECK(got->answers().empty());
  with.api->on("run", run_json("completed", 100));
  answer(with, asked[0],
         {{"action", "accept"},
          {"content", {{"decision", "approve"}, {"comment", "ok"}}}});
  CHECK(result_of(*got)["structuredContent"]["state"] == "completed");
  CHECK(times_asked(with, "approve") == 1);
}

TEST_CASE("who waits for the result of a task is asked, too", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  with.initialize(can_ask);
  auto got = with.legacy("tasks/result", {{"taskId", run}});
  CHECK(got->answers().empty());
  auto asked = said_by(*got, "elicitation/create");
  REQUIRE(asked.size() == 1);
  with.api->on("run", run_json("completed", 100));
  answer(with, asked[0],
         {{"action", "accept"}, {"content", {{"decision", "approve"}}}});
  CHECK(result_of(*got)["structuredContent"]["state"] == "completed");
  CHECK(times_asked(with, "approve") == 1);
}

TEST_CASE("a user who does not want to decide leaves it open", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  with.initialize(can_ask);
  auto got = with.legacy("tools/call", watch_call());
  auto asked = said_by(*got, "elicitation/create");
  REQUIRE(asked.size() == 1);
  answer(with, asked[0], {{"action", "decline"}});
  CHECK(result_of(*got)["structuredContent"]["approvals"].size() == 1);
  CHECK(times_asked(with, "approve") == 0);
  CHECK(times_asked(with, "reject") == 0);
}

TEST_CASE("without sessions the user is asked between two requests", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  auto first = result_of(*with.modern("tools/call", watch_call(), can_ask));
  CHECK(first["resultType"] == "input_required");
  auto key = "approval:" + task;
  REQUIRE(first["inputRequests"].contains(key));
  with.api->on("run", run_json("completed", 100));
  auto again = watch_call();
  again["requestState"] = first["requestState"];
  again["inputResponses"][key] = {{"action", "accept"},
                                  {"content", {{"decision", "reject"}}}};
  auto got = result_of(*with.modern("tools/call", again, can_ask));
  CHECK(got["structuredContent"]["state"] == "completed");
  CHECK(times_asked(with, "reject") == 1);
}

TEST_CASE("a state that we did not give is refused", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  auto first = result_of(*with.modern("tools/call", watch_call(), can_ask));
  auto state = first["requestState"].get<std::string>();
  auto again = watch_call();
  for (auto bad : {json(state + "x"), json("x"), json(7), json("." + state)}) {
    INFO(bad.dump());
    again["requestState"] = bad;
    CHECK(error_of(*with.modern("tools/call", again, can_ask))["code"]
          == -32602);
  }
  // It is of that request, and of no other one.
  json other{{"name", "approve"}, {"arguments", {{"task", task}}}};
  other["requestState"] = state;
  CHECK(error_of(*with.modern("tools/call", other, can_ask))["code"] == -32602);
  CHECK(times_asked(with, "approve") == 0);
}

TEST_CASE("answers that are no answers are refused", "[mcp]")
{
  conversation with;
  auto call = watch_call();
  for (auto bad : {json(nullptr), json(7), json{{"approval:x", 7}}}) {
    INFO(bad.dump());
    call["inputResponses"] = bad;
    CHECK(error_of(*with.modern("tools/call", call, can_ask))["code"]
          == -32602);
  }
}

TEST_CASE("approve asks the user where the client can", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  json call{{"name", "approve"}, {"arguments", {{"task", task}}}};
  auto first = result_of(*with.modern("tools/call", call, can_ask));
  REQUIRE(first["inputRequests"].contains("confirm"));
  CHECK(times_asked(with, "approve") == 0);
  call["requestState"] = first["requestState"];
  call["inputResponses"]["confirm"] = {{"action", "accept"},
                                       {"content", {{"approve", false}}}};
  auto no = result_of(*with.modern("tools/call", call, can_ask));
  CHECK(no["isError"] == true);
  CHECK(times_asked(with, "approve") == 0);
  call["inputResponses"]["confirm"]["content"]["approve"] = true;
  result_of(*with.modern("tools/call", call, can_ask));
  CHECK(times_asked(with, "approve") == 1);
}

TEST_CASE("run starts the work once, however often it asks", "[mcp]")
{
  conversation with;
  has_open_decision(with);
  with.api->on("submit", R"({"run":")" + run + "\"}");
  json call{{"name", "run"}, {"arguments", {{"name", "release"}}}};
  auto first = result_of(*with.modern("tools/call", call, can_ask));
  call["requestState"] = first["requestState"];
  call["inputResponses"]["approval:" + task] = {
    {"action", "accept"}, {"content", {{"decision", "approve"}}}};
  with.api->on("run", run_json("completed", 100));
  auto got = result_of(*with.modern("tools/call", call, can_ask));
  CHECK(got["structuredContent"]["run"] == run);
  CHECK(times_asked(with, "submit") == 1);
}
