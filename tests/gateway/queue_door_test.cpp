#include <catch2/catch.hpp>

#include "core/json_text.hpp"
#include "core/queue_words.hpp"
#include "gateway/door_request.hpp"
#include "gateway/queue_door.hpp"

// The contract of the task queue on the wire.

using namespace troupe;
using namespace troupe::gateway;
using nlohmann::json;
using troupe::test::request;

namespace {

const std::string task = "0190a1b2-0000-7000-8000-000000000001";

forward asked(const http_request& req) {
  REQUIRE(!refuse_head(req, 8192));
  auto what = decide(req);
  if (auto* reply = std::get_if<http_reply>(&what))
    FAIL(reply->body);
  return std::get<forward>(what);
}

http_reply refused(const http_request& req) {
  if (auto no = refuse_head(req, 8192))
    return *no;
  auto what = decide(req);
  REQUIRE(std::holds_alternative<http_reply>(what));
  return std::get<http_reply>(what);
}

} // namespace

TEST_CASE("a request of the contract names its workspace itself", "[gateway]")
{
  auto made = asked(request("POST", "/api/tasks/decompose",
                            R"({"strategy_id":"s","workspace_id":"w"})"));
  CHECK(made.call.op == "queue_decompose");
  CHECK(made.call.workspace == "w");
  CHECK(made.call.params.view() == R"({"strategy_id":"s"})");
  auto list = asked(
    request("GET", "/api/tasks/status?workspace_id=w&status=queued&limit=5"));
  CHECK(list.call.workspace == "w");
  CHECK(list.call.params.view() == R"({"limit":5,"status":"queued"})");
  auto one = asked(
    request("POST", "/api/tasks/" + task + "/cancel", R"({"reason":"old"})"));
  CHECK(one.call.op == "queue_cancel");
  CHECK(one.call.workspace == "default");
  CHECK(json::parse(one.call.params.view())
        == json{{"task", task}, {"reason", "old"}});
}

TEST_CASE("a task is found without its workspace by those who may work in all",
          "[gateway]")
{
  auto req = request("POST", "/api/tasks/" + task + "/retry", "{}");
  auto workspace = [&](const core::caller& who) {
    req.who = std::make_shared<const core::caller>(who);
    return asked(req).call.workspace;
  };
  CHECK(workspace(core::owner()).empty());
  core::caller local; // A token may say of itself what it wants.
  local.principal = "local";
  local.workspaces["default"].add(core::role::admin);
  CHECK(workspace(local) == "default");
  local.workspaces["*"].add(core::role::viewer);
  CHECK(workspace(local) == "default");
  req.body = R"({"workspace_id":"w"})";
  CHECK(workspace(core::owner()) == "w");
  req.body = "{}";
  req.workspace = "default";
  CHECK(workspace(core::owner()) == "default");
  req.workspace.clear();
  req.target = "/api/v1/queue/" + task + "/retry";
  CHECK(workspace(core::owner()) == "default");
}

TEST_CASE("every code of the contract has its HTTP status", "[gateway]")
{
  using enum core::queue_error;
  auto req = request("POST", "/api/tasks/execute", "{}");
  const std::vector<std::pair<core::queue_error, unsigned>> all{
    {strategy_not_found, 404},   {decomposition_failed, 422},
    {task_not_found, 404},       {agent_not_available, 409},
    {max_retries_exceeded, 409}, {dependency_not_met, 409},
    {invalid_task_type, 422},    {execution_timeout, 504}};
  for (const auto& [code, status] : all) {
    core::api_answer got;
    got.error = core::queue_failure(code, "so it is");
    auto reply = reply_to(asked(req), got, req);
    auto body = json::parse(reply.body);
    CHECK(reply.status == status);
    CHECK(body["error"]["code"] == core::code_of(code));
    CHECK(body["error"]["message"] == "so it is");
  }
  core::api_answer busy;
  busy.error = {errc::restarting, category::unknown, "a reader restarts"};
  auto reply = reply_to(asked(req), busy, req);
  CHECK(reply.status == 503);
  CHECK(json::parse(reply.body)["error"]["code"] == "RESTARTING");
  CHECK(reply.headers[0].first == "Retry-After");
}

TEST_CASE("a pass is waited for, unless it shall answer at once", "[gateway]")
{
  auto req = request("POST", "/api/tasks/execute", R"({"workspace_id":"w"})");
  auto pass = asked(req);
  CHECK(pass.lasts);
  CHECK(pass.form == answer_form::plain);
  CHECK(pass.call.params.view() == "{}");
  req.prefer = "respond-async";
  pass = asked(req);
  CHECK(pass.form == answer_form::started);
  CHECK(pass.call.params.view() == R"({"async":true})");
  core::api_answer got;
  got.body = core::text{R"({"success":true})"};
  auto reply = reply_to(pass, got, req);
  CHECK(reply.status == 202);
  CHECK(reply.headers[0].first == "Preference-Applied");
}

TEST_CASE("errors of the contract have its form, whoever finds them",
          "[gateway]")
{
  auto req = request("POST", "/api/tasks/" + task + "/cancel", "{}");
  core::api_answer why;
  why.error = {errc::not_found, category::validation, "TASK_003: no such task"};
  auto reply = reply_to(asked(req), why, req);
  CHECK(reply.status == 404);
  CHECK(json::parse(reply.body)
        == json{{"success", false},
                {"error",
                 {{"code", "TASK_003"},
                  {"message", "no such task"},
                  {"details", {{"request", "r-1"}}}}}});
  for (const auto& bad :
       {request("POST", "/api/tasks/execute", "{"),
        request("POST", "/api/tasks/execute", R"({"nonsense":1})"),
        request("POST", "/api/tasks/execute", R"({"workspace_id":7})"),
        request("POST", "/api/tasks/no-id/cancel", "{}"),
        request("DELETE", "/api/tasks/status"),
        request("GET", "/api/tasks/nothing")}) {
    auto no = refused(bad);
    INFO(no.body);
    auto body = json::parse(no.body);
    CHECK(body["success"] == false);
    CHECK_FALSE(body["error"]["code"].get<std::string>().empty());
    CHECK(no.status >= 400);
  }
  // Elsewhere nothing is different.
  auto other = refused(request("GET", "/api/v1/nothing"));
  CHECK(other.content_type == "application/problem+json");
}
