#include <catch2/catch.hpp>

#include <map>

#include "gateway/routes.hpp"
#include "runtime/opened_door.hpp"

// What one tenant can learn of another, or do to it: nothing, at every route
// that there is. A new route is in the table, and so in these tests.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

// Ids of nothing, of the same form.
const std::string no_run = "0190a1b2-0000-7000-8000-000000000000";
const std::string no_task = "0190a1b2-0000-7000-8000-000000000001";

/// What stands in a pattern, and what it is replaced with.
using ids = std::map<std::string, std::string>;

std::string filled(std::string_view pattern, const ids& with) {
  std::string out{pattern};
  for (const auto& [name, value] : with)
    if (auto at = out.find(name); at != out.npos)
      out.replace(at, name.size(), value);
  INFO("a kind of id that this test does not know: " << out);
  REQUIRE(out.find('{') == out.npos);
  // What is needed beside the ids.
  return out.ends_with("/diff")    ? out + "?from=1"
         : out.ends_with("/state") ? out + "?session_id=blue"
                                   : out;
}

bool has_id(std::string_view pattern) {
  for (auto kind : {"{run}", "{task}", "{name}", "{request}"})
    if (pattern.find(kind) != pattern.npos)
      return true;
  return false;
}

std::string body_for(const gateway::route& x) {
  switch (x.body.form) {
    case gateway::body_form::none:
      return {};
    case gateway::body_form::fields: {
      json all = json::object();
      for (const auto* name : {"answer", "name", "reason", "comment"})
        if (x.body.fields.find(name) != x.body.fields.npos)
          all[name] = name == std::string{"answer"} ? "approve" : "go";
      return all.dump();
    }
    case gateway::body_form::source:
      return json{{"name", opened_door::mark}}.dump();
    case gateway::body_form::tasks:
      return json::array({{{"agent", "echo"}}}).dump();
    case gateway::body_form::workflow:
      return json{{"workflow", "workflow: red\nsteps: {a: {agent: echo}}\n"}}
        .dump();
  }
  return {};
}

std::string request(const gateway::route& x, const std::string& target,
                    const std::string& more) {
  auto body = body_for(x);
  auto out = std::string{x.method} + " " + target
             + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more;
  if (!body.empty())
    out += "Content-Type: application/json\r\nContent-Length: "
           + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

std::string as(const std::string& workspace, const std::string& role) {
  return "Authorization: Bearer " + opened_door::token(workspace, role)
         + "\r\n";
}

const std::string in_red = "Troupe-Workspace: red\r\n";
const std::string in_blue = "Troupe-Workspace: blue\r\n";

/// The same for two ids that are not there: what tells requests apart is taken
/// out.
std::string comparable(raw_reply got, const ids& with) {
  auto body = json::parse(got.body, nullptr, false);
  if (body.is_object())
    body.erase("request");
  auto out = std::to_string(got.status) + body.dump();
  for (const auto& [name, value] : with)
    for (size_t at = 0; (at = out.find(value)) != out.npos;)
      out.replace(at, value.size(), name);
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// Whether it is said to everybody: what red is told and blue is told alike.
bool for_everybody(const gateway::route& x) {
  using enum gateway::route_kind;
  return x.kind == schema || x.kind == openapi || x.kind == alive
         || x.kind == ready
         || x.op == "callback"; // The token in its path is all that counts.
}

/// Its errors have a form and a time of their own: only what they say counts.
bool of_the_queue(const gateway::route& x) {
  return x.op.starts_with("queue_");
}

/// Then the answer has the name: it was asked for.
bool asks_by_name(const gateway::route& x) {
  return x.body.form == gateway::body_form::source
         || x.pattern.find("{name}") != x.pattern.npos;
}

/// What is said in a talk, and in which workspace, is in its messages: here it
/// does not even begin.
bool talks(const gateway::route& x) {
  using enum gateway::route_kind;
  return x.kind == mcp || x.kind == socket;
}

} // namespace

TEST_CASE("ids of another workspace are answered as ids of nothing, at every "
          "route",
          "[runtime][isolation]")
{
  opened_door at;
  const ids of_blue{{"{run}", at.run},      {"{task}", at.task},
                    {"{agent}", "echo"},    {"{name}", opened_door::mark},
                    {"{token}", "made-up"}, {"{letter}", at.run},
                    {"{request}", at.run}};
  const ids of_nothing{{"{run}", no_run},      {"{task}", no_task},
                       {"{agent}", "echo"},    {"{name}", "no-such"},
                       {"{token}", "made-up"}, {"{letter}", no_run},
                       {"{request}", no_run}};
  auto before = at.state_of("blue");
  auto admin = as("red", "admin") + in_red;
  for (const auto& x : gateway::routes()) {
    INFO(x.method << ' ' << x.pattern);
    auto got = at.say(request(x, filled(x.pattern, of_blue), admin));
    INFO(got.head << got.body);
    // By name it is asked for in vain, and hears the name that it said.
    if (asks_by_name(x))
      CHECK(got.status == 404);
    else
      CHECK_FALSE(has(got.head + got.body, at.mark));
    if (!has_id(x.pattern))
      continue;
    CHECK(got.status == 404);
    auto other = at.say(request(x, filled(x.pattern, of_nothing), admin));
    if (of_the_queue(x))
      CHECK(other.status == 404);
    else
      CHECK(comparable(got, of_blue) == comparable(other, of_nothing));
  }
  CHECK(at.state_of("blue") == before);
}

TEST_CASE("lists show nothing of another workspace, also where its ids are "
          "asked for",
          "[runtime][isolation]")
{
  opened_door at;
  auto before = at.state_of("blue");
  auto admin = as("red", "admin") + in_red;
  for (const auto& x : gateway::routes()) {
    if (x.method != "GET" || has_id(x.pattern)
        || x.kind == gateway::route_kind::events)
      continue;
    for (const std::string field : {"run", "name", "after", "agent"}) {
      if (!has(' ' + std::string{x.query} + ' ', ' ' + field + ' '))
        continue;
      auto target = std::string{x.pattern} + "?" + field + "="
                    + (field == "name"    ? at.mark
                       : field == "agent" ? "echo"
                                          : at.run);
      auto got = at.say(request(x, target, admin));
      INFO(target << '\n' << got.head << got.body);
      CHECK_FALSE(has(got.body, R"("name":")" + std::string{at.mark}));
      CHECK_FALSE(has(got.body, at.task));
      CHECK_FALSE(has(got.body, R"("run":")" + at.run));
    }
  }
  CHECK(at.state_of("blue") == before);
}

TEST_CASE("nobody works in a workspace that is not his, at any route",
          "[runtime][isolation]")
{
  opened_door at;
  const ids of_blue{{"{run}", at.run},      {"{task}", at.task},
                    {"{agent}", "echo"},    {"{name}", opened_door::mark},
                    {"{token}", "made-up"}, {"{letter}", at.run},
                    {"{request}", at.run}};
  auto before = at.state_of("blue");
  for (const auto& x : gateway::routes()) {
    if (for_everybody(x))
      continue;
    auto target = filled(x.pattern, of_blue);
    INFO(x.method << ' ' << target);
    // Blue's ids in blue's workspace: only the token is red's.
    auto got = at.say(request(x, target, as("red", "admin") + in_blue));
    CHECK((talks(x) ? got.status >= 400 : got.status == 403));
    if (!asks_by_name(x))
      CHECK_FALSE(has(got.head + got.body, at.mark));
    CHECK(at.say(request(x, target, in_blue)).status == 401);
  }
  CHECK(at.state_of("blue") == before);
}

TEST_CASE("a viewer changes nothing in his own workspace, at any route",
          "[runtime][isolation]")
{
  opened_door at;
  const ids of_blue{{"{run}", at.run},      {"{task}", at.task},
                    {"{agent}", "echo"},    {"{name}", opened_door::mark},
                    {"{token}", "made-up"}, {"{letter}", at.run},
                    {"{request}", at.run}};
  auto before = at.state_of("blue");
  for (const auto& x : gateway::routes()) {
    if (x.method == "GET" || x.op == "plan" || talks(x) || for_everybody(x))
      continue;
    INFO(x.method << ' ' << x.pattern);
    auto got = at.say(
      request(x, filled(x.pattern, of_blue), as("blue", "viewer") + in_blue));
    CHECK(got.status == 403);
  }
  CHECK(at.state_of("blue") == before);
}

TEST_CASE("names and idempotency keys belong to a workspace",
          "[runtime][isolation]")
{
  opened_door at;
  auto before = at.state_of("blue");
  auto admin = as("red", "admin") + in_red;
  auto post = [&](const std::string& target, const std::string& body) {
    return at.say("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + admin
                  + "Content-Type: application/json\r\nIdempotency-Key: "
                    "key-of-both\r\nContent-Length: "
                  + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(post("/api/v1/runs", json{{"name", at.mark}}.dump()).status == 404);
  auto own = post("/api/v1/tasks", R"([{"agent":"echo"}])");
  INFO(own.body);
  CHECK(own.status == 201);
  CHECK(own.json()["repeated"] == false);
  CHECK(at.state_of("blue") == before);
}

TEST_CASE("a live stream shows its own workspace only", "[runtime][isolation]")
{
  opened_door at;
  raw_client red{at.server->port()};
  red.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n"
           + as("red", "viewer") + in_red + "\r\n");
  REQUIRE(has(red.read_until("\r\n\r\n"), " 200 "));
  // First in blue, then in red: what comes is red's, and all of blue's would
  // have come before it.
  json tasks{{"tasks", {{{"agent", "echo"}}}}, {"wait", true}};
  std::string of_blue = at.ask_inside("submit", tasks).at("run");
  std::string of_red = at.ask_inside("submit", tasks, "red").at("run");
  auto seen = red.read_until(of_red);
  CHECK(has(seen, of_red));
  CHECK_FALSE(has(seen, of_blue));
}

TEST_CASE("who logged in answers for himself", "[runtime][isolation]")
{
  opened_door at;
  auto post = [&](const std::string& body) {
    return at.say("POST /api/v1/tasks/" + at.task
                  + "/approve HTTP/1.1\r\nHost: localhost\r\n"
                  + as("blue", "approver") + in_blue
                  + "Content-Type: application/json\r\nContent-Length: "
                  + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(post(R"({"by":"the boss"})").status == 422);
  CHECK(post("{}").status == 200);
  auto history = at.ask_inside("history", {{"run", at.run}}).dump();
  CHECK(has(history, "team/blue-approver"));
}
