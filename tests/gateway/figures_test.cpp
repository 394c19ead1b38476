#include <catch2/catch.hpp>

#include "gateway/raw_client.hpp"
#include "gateway/routes.hpp"

// What the door tells of itself, and the routes of what leaves a node.

using namespace troupe;
using namespace troupe::gateway;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";

struct good_case {
  std::string method, target, body, op, params;
};

} // namespace

TEST_CASE("what leaves a node is asked for by its operation", "[gateway]")
{
  const std::vector<good_case> table{
    {"GET", "/api/v1/webhooks", "", "webhooks", "{}"},
    {"GET", "/api/v1/dead-letters", "", "dead_letters", "{}"},
    {"POST", "/api/v1/dead-letters/0a1b/redeliver", "", "redeliver",
     R"({"letter":"0a1b"})"},
    {"POST", "/api/v1/agents/callback/0aff", R"({"output":[1]})", "callback",
     R"({"token":"0aff","output":[1]})"},
    {"GET", "/api/v1/metrics", "", "metrics", "{}"},
    {"GET", "/metrics", "", "metrics", R"({"text":true})"},
  };
  for (const auto& x : table) {
    http_request req;
    req.method = x.method;
    req.target = x.target;
    req.host = "localhost";
    req.body = x.body;
    req.has_body = !x.body.empty();
    req.content_type = x.body.empty() ? "" : "application/json";
    INFO(x.method << " " << x.target);
    REQUIRE_FALSE(refuse_head(req, 8192));
    auto what = decide(req);
    REQUIRE(std::holds_alternative<forward>(what));
    const auto& call = std::get<forward>(what).call;
    CHECK(call.op == x.op);
    CHECK(nlohmann::json::parse(call.params.view())
          == nlohmann::json::parse(x.params));
  }
}

TEST_CASE("figures are told to Prometheus as text", "[gateway]")
{
  served at;
  at.api->on("metrics", R"({"text":"a 1\n"})");
  auto got = at.get("/metrics");
  CHECK(got.status == 200);
  CHECK(got.header("Content-Type")
        == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(got.body == "a 1\n");
}

TEST_CASE("requests are counted by route and status", "[gateway]")
{
  served at;
  at.get("/healthz");
  at.get("/api/v1/runs/" + run + "?no=1");
  at.get("/nothing/" + run);
  at.ask("BREW /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  core::metric_page page;
  at.server->add_figures(page);
  auto text = core::to_exposition(page);
  auto counted = [&](const std::string& labels) {
    return text.find("troupe_http_requests_total{" + labels + "} 1\n")
           != std::string::npos;
  };
  CHECK(counted(R"(method="GET",route="/healthz",status="200")"));
  CHECK(counted(R"(method="GET",route="/api/v1/runs/{run}",status="400")"));
  CHECK(counted(R"(method="GET",route="none",status="404")"));
  CHECK(counted(R"(method="other",route="none",status="405")"));
  CHECK(text.find("troupe_http_connections_total 4\n") != std::string::npos);
}
