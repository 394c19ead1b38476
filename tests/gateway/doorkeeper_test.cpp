#include <catch2/catch.hpp>

#include "gateway/guarded_api.hpp"
#include "gateway/login_scene.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using namespace troupe::test;

TEST_CASE("without a token nobody learns anything but health", "[gateway]")
{
  served at{asking()};
  at.api->on("status", R"({"ready":true})");
  CHECK(ask(at, "GET /healthz").status == 200);
  CHECK(ask(at, "GET /readyz").body == R"({"status":"ready"})");
  auto calls = at.api->calls().size();
  for (auto line :
       {"GET /api/v1/status", "GET /api/v1/runs", "POST /api/v1/drain",
        "GET /api/v1/events", "GET /api/v1/schema"}) {
    auto got = ask(at, line);
    INFO(line);
    CHECK(got.status == 401);
    CHECK(got.header("WWW-Authenticate") == "Bearer realm=\"troupe\"");
    CHECK(got.json()["code"] == "denied");
  }
  CHECK(at.api->calls().size() == calls);
  CHECK(at.api->watches().empty());
}

TEST_CASE("a token opens what its roles allow, and names who asks", "[gateway]")
{
  served at{asking()};
  auto viewer = as(token({{"prod", "viewer"}}));
  auto prod = std::string{"Troupe-Workspace: prod\r\n"};
  CHECK(ask(at, "GET /api/v1/runs", viewer + prod).status == 200);
  CHECK(at.api->last_call().by.principal == "team/ann");
  CHECK(at.api->last_call().workspace == "prod");
  auto calls = at.api->calls().size();
  auto refused = ask(at, "POST /api/v1/runs/" + run + "/cancel", viewer + prod);
  CHECK(refused.status == 403);
  CHECK(has(refused.header("WWW-Authenticate"), "insufficient_scope"));
  CHECK(has(refused.body, "needs the role operator"));
  CHECK(ask(at, "GET /api/v1/runs", viewer).status == 403);
  CHECK(ask(at, "GET /api/v1/events", viewer).status == 403);
  CHECK(ask(at, "POST /api/v1/drain", viewer + prod).status == 403);
  CHECK(ask(at, "GET /api/v1/tree", viewer + prod).status == 403);
  CHECK(at.api->calls().size() == calls);
  CHECK(at.api->watches().empty());
  auto admin = as(token({{"*", "admin"}}));
  CHECK(ask(at, "POST /api/v1/drain", admin).status == 200);
}

TEST_CASE("what is no good token is refused, each with its reason", "[gateway]")
{
  served at{asking()};
  auto good = token({{"*", "admin"}});
  struct {
    std::string header;
    unsigned status;
    const char* part;
  } const table[] = {
    {"Authorization: Basic YTpi\r\n", 401, "no `Bearer TOKEN`"},
    {"Authorization: Bearer\r\n", 401, "no `Bearer TOKEN`"},
    {"Authorization: Bearer \r\n", 401, "no `Bearer TOKEN`"},
    {"Authorization: " + good + "\r\n", 401, "no `Bearer TOKEN`"},
    {"Authorization: Bearer " + good + " x\r\n", 401, "no `Bearer TOKEN`"},
    {"Authorization: Bearer \"" + good + "\"\r\n", 401, "no `Bearer TOKEN`"},
    {as("x"), 401, "three parts"},
    {as(good + "xx"), 401, "base64url"},
    {as(token({{"*", "admin"}}, std::string(32, 't'))), 401, "signature"},
    {as(good) + as(good), 400, "more than one Authorization"},
  };
  for (const auto& x : table) {
    auto got = ask(at, "GET /api/v1/runs", x.header);
    INFO(x.header << got.head << got.body);
    CHECK(got.status == x.status);
    CHECK(has(got.body, x.part));
    CHECK_FALSE(has(got.head + got.body, good));
  }
  CHECK(at.api->calls().empty());
  CHECK(
    ask(at, "GET /api/v1/runs", "authorization: bearer " + good + "\r\n").status
    == 200);
}

TEST_CASE("a body is not read before its sender is known", "[gateway]")
{
  served at{asking()};
  auto client = at.connect();
  client.send("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n"
              "Content-Type: application/json\r\nContent-Length: 1000000\r\n"
              "Expect: 100-continue\r\n\r\n");
  CHECK(client.read().status == 401);
}

TEST_CASE("who shows no token takes no room from those who do", "[gateway]")
{
  auto opts = asking();
  opts.body_bytes_max = 1000;
  opts.bodies_bytes_max = 8000;
  served at{opts};
  auto begun = "POST /api/v1/agents/callback/x HTTP/1.1\r\nHost: localhost\r\n"
               "Content-Type: application/json\r\nContent-Length: 1000\r\n"
               "Expect: 100-continue\r\n\r\n";
  auto first = at.connect();
  first.send(begun);
  CHECK(has(first.read_until("\r\n\r\n"), "100 Continue"));
  auto second = at.connect();
  second.send(begun);
  auto refused = second.read();
  CHECK(refused.status == 429);
  CHECK(has(refused.body, "strangers_part"));
  CHECK(at.post("/api/v1/tasks", R"([{"type":"echo"}])",
                as(token({{"default", {"operator"}}})) + served::json_type)
          .status
        < 300);
  first.send(std::string(1000, ' '));
  CHECK(first.read().status != 429);
  auto third = at.connect();
  third.send(begun);
  CHECK(has(third.read_until("\r\n\r\n"), "100 Continue"));
}

TEST_CASE("warnings are for who may see every workspace", "[gateway]")
{
  served at{asking()};
  at.api->on("status", R"({"live_runs":0,"warnings":[{"text":"of red"}]})");
  auto status = [&](const std::string& workspace) {
    return ask(at, "GET /api/v1/status",
               as(token({{"default", {"viewer"}}, {workspace, {"viewer"}}})))
      .json();
  };
  CHECK(status("*").contains("warnings"));
  CHECK_FALSE(status("blue").contains("warnings"));
  CHECK(status("blue")["live_runs"] == 0);
  core::caller ann;
  ann.workspaces["default"].add(core::role::viewer);
  core::api_answer got;
  gateway::guarded(at.api, std::make_shared<const core::caller>(ann))
    ->call({"status", "default", {}, {}, {}},
           [&](core::api_answer x) { got = std::move(x); });
  CHECK_FALSE(has(got.body.str(), "warnings"));
}

TEST_CASE("others can be let in while it runs, and those before no more",
          "[gateway]")
{
  served at{asking()};
  auto old = as(token({{"*", "viewer"}}));
  auto next = as(token({{"*", "viewer"}}, std::string(32, 'n')));
  CHECK(ask(at, "GET /api/v1/runs", old).status == 200);
  CHECK(ask(at, "GET /api/v1/runs", next).status == 401);
  REQUIRE(!at.server->renew_login(rules(std::string(32, 'n'))));
  CHECK(ask(at, "GET /api/v1/runs", old).status == 401);
  CHECK(ask(at, "GET /api/v1/runs", next).status == 200);
}

TEST_CASE("a door to others is not left open by new rules", "[gateway]")
{
  auto opts = asking();
  opts.listen = "0.0.0.0";
  opts.without_tls_beyond_this_machine = true;
  served at{opts};
  auto bad = at.server->renew_login(nullptr);
  CHECK(has(bad.message, "it needs a login"));
  CHECK(ask(at, "GET /api/v1/runs").status == 401);
}

TEST_CASE("a token that has ended is not remembered as good", "[gateway]")
{
  gateway::doorkeeper keeper{asking()};
  gateway::http_request req;
  req.target = "/api/v1/runs";
  req.authorization = "Bearer " + token({{"*", "viewer"}});
  auto now = utc_now();
  CHECK_FALSE(keeper.admit(req, {}, now));
  CHECK_FALSE(keeper.admit(req, {}, now + 600s));
  auto late = keeper.admit(req, {}, now + 631s);
  REQUIRE(late);
  CHECK(late->status == 401);
  CHECK(has(late->body, "expired"));
}

TEST_CASE("a key that is not known yet is looked for once asked", "[gateway]")
{
  auto opts = asking();
  opts.login = rules(secret, "2026");
  std::vector<std::string> asked;
  opts.fetch_keys = [&](const std::string& issuer) {
    asked.push_back(issuer);
    return asked.size() == 1;
  };
  gateway::doorkeeper keeper{opts};
  gateway::http_request req;
  req.target = "/api/v1/runs";
  req.authorization = "Bearer " + token({{"*", "viewer"}}, secret, "2027");
  auto first = keeper.admit(req, {}, utc_now());
  REQUIRE(first);
  CHECK(first->status == 503);
  CHECK(asked == std::vector<std::string>{"team"});
  // Not again so soon: then the token is just not good.
  CHECK(keeper.admit(req, {}, utc_now())->status == 401);
  keeper.renew(rules(secret, "2027"));
  CHECK_FALSE(keeper.admit(req, {}, utc_now()));
}

TEST_CASE("the Unix socket and a machine without a login are the owner's",
          "[gateway]")
{
  gateway::doorkeeper asks{asking()};
  gateway::http_request req;
  req.target = "/api/v1/runs";
  req.over_tcp = false;
  CHECK_FALSE(asks.admit(req, {}, utc_now()));
  CHECK(req.who->principal == "local");
  CHECK_FALSE(asks.permit(req, "drain", "default", utc_now()));
  gateway::doorkeeper open{gateway::gateway_options{}};
  req.over_tcp = true;
  CHECK_FALSE(open.admit(req, {}, utc_now()));
  CHECK(req.who->principal == "local");
  gateway::gateway_options beyond;
  beyond.listen = "0.0.0.0";
  CHECK_FALSE(gateway::doorkeeper{beyond}.admit(req, "10.0.0.9", utc_now()));
  CHECK(req.who->principal == "anybody");
}

TEST_CASE("each of address, principal and workspace has its own rate",
          "[gateway]")
{
  auto opts = asking();
  opts.address_requests_per_second = 2; // And so twice as many at once.
  opts.principal_requests_per_second = 3;
  opts.workspace_requests_per_second = 1;
  gateway::doorkeeper keeper{opts};
  auto now = utc_now();
  gateway::http_request req;
  req.target = "/api/v1/runs";
  req.authorization = "Bearer " + token({{"*", "viewer"}});
  auto admitted = [&](const char* address) {
    int n = 0;
    for (; n < 100; ++n)
      if (auto no = keeper.admit(req, address, now)) {
        CHECK(no->status == 429);
        CHECK(no->headers.at(0).first == "Retry-After");
        break;
      }
    return n;
  };
  CHECK(admitted("10.0.0.1") == 4);
  CHECK(admitted("10.0.0.2") == 2); // The principal's six are used up.
  now += 10s;
  CHECK(admitted("") == 6); // Nobody is counted by address on this machine.
  int permitted = 0;
  while (!keeper.permit(req, "runs", "prod", now))
    ++permitted;
  CHECK(permitted == 2);
  CHECK_FALSE(keeper.permit(req, "runs", "dev", now));
}

TEST_CASE("names that the node is reached by are taken, and no others",
          "[gateway]")
{
  gateway::gateway_options opts;
  opts.names = {"troupe.example.com"};
  served at{opts};
  auto get = [&](const std::string& host, const std::string& more = {}) {
    return at
      .ask("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n")
      .status;
  };
  CHECK(get("troupe.example.com") == 200);
  CHECK(get("TROUPE.example.com:8765") == 200);
  CHECK(get("evil.example.com") == 403);
  CHECK(get("troupe.example.com.evil.net") == 403);
  CHECK(get("192.168.1.5") == 403); // It listens on this machine only.
  CHECK(get("troupe.example.com", "Origin: https://troupe.example.com\r\n")
        == 200);
  CHECK(get("troupe.example.com", "Origin: https://evil.net\r\n") == 403);
  CHECK(get("troupe.example.com", "Origin: null\r\n") == 403);
}

TEST_CASE("behind the guard everybody reaches what is his, and no more",
          "[gateway]")
{
  auto all = std::make_shared<test::scripted_api>();
  all->on("runs", R"({"runs":[]})");
  all->play({{"1", R"({"kind":"end"})", true}});
  core::caller ann;
  ann.principal = "team/ann";
  ann.workspaces["blue"].add(core::role::viewer);
  auto hers = gateway::guarded(all, std::make_shared<const core::caller>(ann));
  auto asked = [&](const std::string& op, const std::string& workspace) {
    core::api_request what;
    what.op = op;
    what.workspace = workspace;
    auto out = errc::internal; // No answer.
    hers->call(what, [&](core::api_answer x) { out = x.error.code; });
    return out;
  };
  CHECK(asked("runs", "blue") == errc::none);
  CHECK(asked("submit", "blue") == errc::rejected);
  CHECK(asked("runs", "red") == errc::rejected);
  CHECK(asked("reload", "blue") == errc::rejected);
  CHECK(all->calls().size() == 1);
  auto watched = [&](const std::string& workspace) {
    core::watch_request what;
    what.workspace = workspace;
    std::string out;
    hers->watch(what, [&](const core::watch_event& x) {
      out = x.json;
      return true;
    });
    return out;
  };
  CHECK(has(watched("blue"), "end"));
  CHECK(has(watched("red"), "lost"));
  CHECK(all->watches().size() == 1);
}
