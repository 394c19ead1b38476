#include <catch2/catch.hpp>

#include "core/json_text.hpp"
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
