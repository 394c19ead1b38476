#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "core/json_text.hpp"
#include "gateway/door_request.hpp"

using namespace troupe;
using namespace troupe::gateway;
using troupe::test::request;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";
const std::string task = "0190a1b2-0000-7000-8000-000000000001";

// What a good request asks of the semantic layer.
core::api_request asked(const http_request& req) {
  auto no = refuse_head(req, 8192);
  INFO(req.method << " " << req.target << " " << (no ? no->body : ""));
  REQUIRE(!no);
  auto what = decide(req);
  if (auto* reply = std::get_if<http_reply>(&what))
    FAIL(reply->body);
  return std::get<forward>(what).call;
}

unsigned status(const http_request& req) {
  if (auto no = refuse_head(req, 8192))
    return no->status;
  auto what = decide(req);
  auto* reply = std::get_if<http_reply>(&what);
  return reply ? reply->status : 0; // 0: it goes on.
}

struct good_case {
  std::string method, target, body, op, params;
};

} // namespace

TEST_CASE("every route asks for its operation with these params", "[gateway]")
{
  auto runs = "/api/v1/runs/" + run, tasks = "/api/v1/tasks/" + task;
  auto of_run = R"({"run":")" + run + "\"",
       of_task = R"({"task":")" + task + "\"";
  const std::vector<good_case> table{
    {"POST", "/api/v1/runs", R"({"name":"a","input":{"x":1}})", "submit",
     R"({"name":"a","input":{"x":1}})"},
    {"POST", "/api/v1/runs", R"({"workflow":"w","steps":{"a":{}}})", "submit",
     R"({"definition":{"workflow":"w","steps":{"a":{}}}})"},
    {"GET", "/api/v1/runs?state=failed&limit=5&after=x%2By", "", "runs",
     R"({"state":"failed","limit":5,"after":"x+y"})"},
    {"GET", runs, "", "run", of_run + "}"},
    {"HEAD", runs, "", "run", of_run + "}"},
    {"GET", runs + "/tasks?state=queued", "", "tasks",
     of_run + R"(,"state":"queued"})"},
    {"GET", runs + "/why", "", "why", of_run + "}"},
    {"GET", tasks + "/logs?attempt=2", "", "logs",
     of_task + R"(,"attempt":2})"},
    {"GET", runs + "/history", "", "history", of_run + "}"},
    {"POST", runs + "/cancel", R"({"reason":"old"})", "cancel",
     of_run + R"(,"reason":"old"})"},
    {"POST", runs + "/cancel", "", "cancel", of_run + "}"},
    {"POST", runs + "/pause", "{}", "pause", of_run + "}"},
    {"POST", runs + "/resume", "", "resume", of_run + "}"},
    {"POST", runs + "/retry", "", "retry", of_run + "}"},
    {"POST", "/api/v1/agents/build-1.x/drain", R"({"undo":true})", "drain",
     R"({"agent":"build-1.x","undo":true})"},
    {"POST", "/api/v1/drain", "", "drain", "{}"},
    {"POST", "/api/v1/reload", "", "reload", "{}"},
    {"POST", runs + "/signal", R"({"name":"go","payload":[1]})", "signal",
     of_run + R"(,"name":"go","payload":[1]})"},
    {"POST", "/api/v1/tasks", R"({"type":"build"})", "submit",
     R"({"tasks":[{"type":"build"}]})"},
    {"POST", "/api/v1/tasks", R"([{"type":"a"},{"type":"b"}])", "submit",
     R"({"tasks":[{"type":"a"},{"type":"b"}]})"},
    {"POST", "/api/v1/tasks", R"({"tasks":[{}],"priority":7})", "submit",
     R"({"tasks":[{}],"priority":7})"},
    {"GET", "/api/v1/tasks?agent=ann", "", "tasks", R"({"agent":"ann"})"},
    {"GET", tasks, "", "task", of_task + "}"},
    {"GET", tasks + "/why", "", "why", of_task + "}"},
    {"POST", tasks + "/cancel", "", "cancel", of_task + "}"},
    {"POST", tasks + "/retry", "", "retry", of_task + "}"},
    {"POST", tasks + "/approve", R"({"comment":"ok","by":"ann"})", "approve",
     of_task + R"(,"comment":"ok","by":"ann"})"},
    {"POST", tasks + "/reject", "", "reject", of_task + "}"},
    {"POST", "/api/v1/decisions/" + task, R"({"answer":"reject"})", "reject",
     of_task + "}"},
    {"POST", "/api/v1/plans", R"({"tasks":[]})", "plan", R"({"tasks":[]})"},
    {"POST", "/api/v1/workflows", R"({"workflow":"text"})", "register",
     R"({"workflow":"text"})"},
    {"POST", "/api/v1/workflows", R"({"workflow":"w","steps":{}})", "register",
     R"({"workflow":"{\"workflow\":\"w\",\"steps\":{}}"})"},
    {"GET", "/api/v1/approvals", "", "approvals", "{}"},
    {"GET", "/api/v1/decisions", "", "approvals", "{}"},
    {"GET", "/api/v1/agents", "", "agents", "{}"},
    {"GET", "/api/v1/tree?depth=2", "", "tree", R"({"depth":2})"},
    {"GET", "/api/v1/status", "", "status", "{}"},
    {"POST", "/api/v1/backup", R"({"path":"b"})", "backup", R"({"path":"b"})"},
    {"GET", "/readyz", "", "status", "{}"},
  };
  for (const auto& x : table) {
    INFO(x.method << " " << x.target << " " << x.body);
    auto got = asked(request(x.method, x.target, x.body));
    CHECK(got.op == x.op);
    CHECK(nlohmann::json::parse(got.params.view())
          == nlohmann::json::parse(x.params));
  }
}

TEST_CASE("a YAML body is handed on as text, with the query beside it",
          "[gateway]")
{
  auto req = request("POST", "/api/v1/runs?input=%7B%22a%22%3A1%7D&priority=8",
                     "workflow: w\nsteps: {a: {}}\n");
  req.content_type = "application/yaml; charset=utf-8";
  auto got = nlohmann::json::parse(asked(req).params.view());
  CHECK(got["workflow"] == "workflow: w\nsteps: {a: {}}");
  CHECK(got["input"]["a"] == 1);
  CHECK(got["priority"] == 8);
}

TEST_CASE("who asks, for which workspace, as part of what, goes along",
          "[gateway]")
{
  auto req = request("POST", "/api/v1/tasks", "[{}]");
  req.idempotency_key = "key-1";
  req.workspace = "blue";
  req.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  req.prefer = "respond-async, wait";
  auto got = asked(req);
  CHECK(got.idempotency_key == "key-1");
  CHECK(got.workspace == "blue");
  CHECK(got.by.door == "http");
  CHECK(got.by.principal == "local");
  CHECK(got.by.request == "r-1");
  CHECK(got.by.trace == "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  CHECK(nlohmann::json::parse(got.params.view())["wait"] == true);
  req.prefer = "wait=10";
  req.traceparent = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
  got = asked(req);
  CHECK(got.by.trace.empty());
  CHECK(!nlohmann::json::parse(got.params.view()).contains("wait"));
}

TEST_CASE("bad requests get the status that says what is wrong", "[gateway]")
{
  auto runs = "/api/v1/runs/" + run;
  struct {
    std::string method, target, body;
    unsigned status;
  } const table[] = {
    {"GET", "/", "", 404},
    {"GET", "/api/v1", "", 404},
    {"GET", "/api/v2/runs", "", 404},
    {"GET", "/api/v1/runs/", "", 404},
    {"GET", "/api/v1//runs", "", 404},
    {"GET", runs + "/nothing", "", 404},
    {"DELETE", runs, "", 405},
    {"PUT", "/api/v1/runs", "{}", 405},
    {"GET", runs + "/cancel", "", 405},
    {"PATCH", "/healthz", "", 405},
    {"GET", "/api/v1/runs/abc", "", 400},
    {"POST", "/api/v1/agents/a%20b/drain", "", 400},
    {"POST", "/api/v1/agents/%ff/drain", "", 400},
    {"POST", "/api/v1/agents//drain", "", 404},
    {"GET", "/api/v1/tasks/%00", "", 400},
    {"GET", "/api/v1/runs/%zz", "", 400},
    {"GET", "/api/v1/runs/%F", "", 400},
    {"GET", "/api/v1/runs?state=%ff", "", 400},
    {"GET", "/api/v1/runs?limit=", "", 400},
    {"GET", "/api/v1/runs?limit=-1", "", 400},
    {"GET", "/api/v1/runs?limit=9999999999", "", 400},
    {"GET", "/api/v1/runs?limit=1&limit=2", "", 400},
    {"GET", "/api/v1/runs?colour=red", "", 400},
    {"GET", runs + "/events?from=1", "", 400},
    {"GET", runs + "?run=x", "", 400},
    {"GET", runs + "/events?after=x", "", 400},
    {"GET", runs + "/events?after=", "", 400},
    {"GET", runs + "/events?after=-1", "", 400},
    {"GET", runs + "/events?after=7x", "", 400},
    {"GET", runs + "/events?after=99999999999999999999", "", 400},
    {"GET", runs + "/events?after=9223372036854775808", "", 400},
    {"GET", "/api/v1/events?after=1", "", 400},
    {"GET", "http://localhost/healthz", "", 400},
    {"POST", "/api/v1/runs", "", 400},
    {"POST", "/api/v1/runs", "{", 400},
    {"POST", "/api/v1/runs", "{]", 400},
    {"POST", "/api/v1/runs", "{\"name\":\"a\"} x", 400},
    {"POST", "/api/v1/runs", "{\"name\":\"\xff\"}", 400},
    {"POST", "/api/v1/runs", "{'name':1}", 400},
    {"POST", "/api/v1/runs", R"({"name":"a","name":"b"})", 400},
    {"POST", "/api/v1/runs", std::string(1000, '['), 400},
    {"POST", "/api/v1/runs", "[]", 422},
    {"POST", "/api/v1/runs", "null", 422},
    {"POST", "/api/v1/runs", "\"text\"", 422},
    {"POST", "/api/v1/runs", "{}", 422},
    {"POST", "/api/v1/runs", R"({"input":{}})", 422},
    {"POST", "/api/v1/tasks", "7", 422},
    {"POST", "/api/v1/workflows", "[]", 422},
    {"POST", runs + "/cancel", R"({"why":"?"})", 422},
    {"POST", runs + "/cancel", R"({"run":"other"})", 422},
    {"POST", runs + "/pause", R"({"now":true})", 422},
    {"POST", runs + "/signal", "[]", 422},
    {"POST", "/api/v1/decisions/" + task, R"({"answer":"maybe"})", 422},
    {"POST", "/api/v1/decisions/" + task, "{}", 422},
    {"POST", "/api/v1/runs?input=%7B", R"({"name":"a"})", 400},
    {"POST", "/api/v1/runs?input=%7B%7D", R"({"name":"a","input":{}})", 422},
  };
  static_assert(std::size(table) >= 40);
  for (const auto& x : table) {
    INFO(x.method << " " << x.target << " " << x.body);
    CHECK(status(request(x.method, x.target, x.body)) == x.status);
  }
}

TEST_CASE("a field that is there twice is refused, however deep", "[gateway]")
{
  auto told = [](const std::string& body) {
    auto what = decide(request("POST", "/api/v1/runs", body));
    auto* reply = std::get_if<http_reply>(&what);
    return reply ? nlohmann::json::parse(reply->body)["problems"][0] : nullptr;
  };
  auto twice = told(R"({"tasks":[{},{"input":[1,{"a/b":1,"c":2,"a/b":3}]}]})");
  CHECK(twice["pointer"] == "/tasks/1/input/1/a~1b");
  CHECK(twice["what"] == "field `a/b` is there twice");
  CHECK(told(R"({"name":"a","input":{"x":{"y":1},"z":{"y":1}}})") == nullptr);
  std::string many = R"({"name":"a","input":{"k7":0)";
  for (int i = 0; i < 100; ++i)
    many += ",\"k" + std::to_string(i) + "\":0";
  CHECK(told(many + "}}")["pointer"] == "/input/k7");
}

TEST_CASE("an unknown field is told the nearest that is known", "[gateway]")
{
  auto runs = "/api/v1/runs/" + run;
  auto hint = [](const http_request& req) {
    auto what = decide(req);
    return nlohmann::json::parse(
      std::get<http_reply>(what).body)["problems"][0]["hint"];
  };
  CHECK(hint(request("POST", runs + "/cancel", R"({"raeson":"x"})"))
        == "did you mean `reason`?");
  CHECK(hint(request("POST", runs + "/cancel", R"({"zzzzzzz":"x"})"))
        == "known are: reason");
  CHECK(hint(request("GET", "/api/v1/runs?stat=x")) == "did you mean `state`?");
}

TEST_CASE("content types that cannot be read are refused with a hint",
          "[gateway]")
{
  auto req = request("POST", "/api/v1/runs", "{}");
  for (auto type : {"", "text/plain", "application/x-www-form-urlencoded",
                    "multipart/form-data", "application/jsonx"}) {
    req.content_type = type;
    CHECK(status(req) == 415);
  }
  req.content_type = "Application/JSON ; charset=utf-8";
  CHECK(status(req) == 422);
  req.target = "/api/v1/tasks";
  req.content_type = "application/yaml";
  CHECK(status(req) == 415);
}

TEST_CASE("a YAML body that is no text is refused", "[gateway]")
{
  auto req = request("POST", "/api/v1/runs", "workflow: \xff\n");
  req.content_type = "text/yaml";
  CHECK(status(req) == 400);
}

TEST_CASE("headers that could carry trouble further are refused", "[gateway]")
{
  auto req = request("GET", "/api/v1/status");
  CHECK(status(req) == 0);
  req.idempotency_key = std::string(256, 'k');
  CHECK(status(req) == 400);
  req.idempotency_key = "a b";
  CHECK(status(req) == 400);
  req.idempotency_key = "";
  CHECK(status(req) == 400);
  req.idempotency_key.reset();
  req.workspace = "b\xc3\xa4";
  CHECK(status(req) == 400);
  req.workspace.clear();
  req.target = "/api/v1/runs?after=" + std::string(9000, 'x');
  CHECK(status(req) == 414);
}

TEST_CASE("requests that name another host or come from another site are "
          "refused",
          "[gateway]")
{
  auto with = [](std::string host, std::string origin) {
    auto req = request("GET", "/api/v1/status");
    req.host = std::move(host);
    req.origin = std::move(origin);
    return status(req);
  };
  CHECK(with("localhost", "") == 0);
  CHECK(with("LocalHost:8765", "") == 0);
  CHECK(with("127.0.0.1:1", "http://127.0.0.1:1") == 0);
  CHECK(with("[::1]:8765", "http://[::1]:8765") == 0);
  for (auto host :
       {"", "example.com", "127.0.0.1.example.com", "localhost.example.com",
        "localhost:abc", "[::1", "::1", "10.0.0.1", "localhost:8765:1"})
    CHECK(with(host, "") == 403);
  for (auto origin : {"null", "http://example.com", "https://localhost",
                      "http://localhost:3000", "http://localhost.evil"})
    CHECK(with("localhost", origin) == 403);
  auto req = request("GET", "/api/v1/status");
  req.host = "anything";
  req.over_tcp = false; // A web page cannot reach a Unix socket.
  CHECK(status(req) == 0);
}

TEST_CASE("problem details say where, what and what to do", "[gateway]")
{
  auto req = request("POST", "/api/v1/runs?x=1", "{}");
  core::api_answer wrong;
  wrong.error = {errc::invalid, category::validation, "two problems"};
  wrong.problems = {{"/steps/a", 3, 5, "unknown field", "drop it"},
                    {"/steps/b", 0, 0, "cycle", ""}};
  auto got = reply_to({}, wrong, req);
  CHECK(got.status == 422);
  CHECK(got.content_type == "application/problem+json");
  auto body = nlohmann::json::parse(got.body);
  CHECK(body["type"] == "urn:troupe:problem:invalid");
  CHECK(body["code"] == "invalid");
  CHECK(body["status"] == 422);
  CHECK(body["detail"] == "two problems");
  CHECK(body["instance"] == "/api/v1/runs");
  CHECK(body["request"] == "r-1");
  CHECK(body["problems"][0]
        == nlohmann::json{{"pointer", "/steps/a"},
                          {"line", 3},
                          {"column", 5},
                          {"what", "unknown field"},
                          {"hint", "drop it"}});
  CHECK(!body["problems"][1].contains("line"));
}

TEST_CASE("errors have their HTTP status, and Retry-After where it helps",
          "[gateway]")
{
  auto reply = [](errc code, core::duration wait = {}) {
    core::api_answer answer;
    answer.error.code = code;
    answer.retry_after = wait;
    return reply_to({}, answer, request("GET", "/api/v1/status"));
  };
  CHECK(reply(errc::not_found).status == 404);
  CHECK(reply(errc::key_reused).status == 422);
  CHECK(reply(errc::invalid_state).status == 409);
  CHECK(reply(errc::rejected).status == 403);
  CHECK(reply(errc::internal).status == 500);
  CHECK(reply(errc::not_found).headers.empty());
  auto busy = reply(errc::overloaded, std::chrono::milliseconds{2100});
  CHECK(busy.status == 429);
  REQUIRE(busy.headers.size() == 1);
  CHECK(busy.headers[0].first == "Retry-After");
  CHECK(busy.headers[0].second == "3");
  CHECK(reply(errc::store_full).status == 507);
  CHECK(reply(errc::store_full).headers.at(0).second == "1");
  CHECK(reply(errc::stopping).status == 503);
}

TEST_CASE("the manual has every route, and no other", "[gateway]")
{
  std::ifstream file{TROUPE_DOCS "/api.md"};
  std::stringstream manual;
  manual << file.rdbuf();
  auto text = manual.str();
  for (const auto& x : routes()) {
    auto row =
      "\n| " + std::string{x.method} + " " + std::string{x.pattern} + " |";
    INFO(row);
    CHECK(text.find(row) != std::string::npos);
  }
  size_t rows = 0;
  for (auto method : {"\n| GET /", "\n| POST /", "\n| DELETE /"})
    for (auto at = text.find(method); at != std::string::npos;
         at = text.find(method, at + 1))
      ++rows;
  CHECK(rows == routes().size());
}
