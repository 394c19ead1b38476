#include <catch2/catch.hpp>

#include "gateway/raw_client.hpp"

// The MCP over HTTP: what belongs to HTTP. What is said is in tests/mcp.

using namespace troupe;
using namespace std::chrono_literals;
using nlohmann::json;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";

json modern_call(const std::string& tool, json arguments) {
  json meta{{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
            {"io.modelcontextprotocol/clientCapabilities", json::object()},
            {"progressToken", 1}};
  return {{"jsonrpc", "2.0"},
          {"id", 1},
          {"method", "tools/call"},
          {"params",
           {{"name", tool},
            {"arguments", std::move(arguments)},
            {"_meta", std::move(meta)}}}};
}

std::string post(const json& message, const std::string& headers) {
  auto body = message.dump();
  return "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

std::string call(const std::string& tool, json arguments) {
  return post(modern_call(tool, std::move(arguments)),
              "Content-Type: application/json\r\n"
              "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n"
              "Mcp-Name: "
                + tool + "\r\n");
}

std::string state(const std::string& word, int percent) {
  return json{{"run", run},
              {"name", "x"},
              {"state", word},
              {"percent", percent},
              {"counts", json::object()}}
    .dump();
}

std::string watch() {
  return call("watch", {{"run", run}});
}

constexpr const char* initialize =
  R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{)"
  R"("protocolVersion":"2025-11-25","capabilities":{},)"
  R"("clientInfo":{"name":"t","version":"1"}}})";

} // namespace

TEST_CASE("a quick answer is one JSON body on a connection that stays",
          "[gateway][mcp]")
{
  served at;
  at.api->on("status", R"({"ready":true})");
  auto client = at.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(call("status", json::object()));
    auto got = client.read();
    CHECK(got.status == 200);
    CHECK(got.header("Content-Type") == "application/json");
    CHECK(got.json()["result"]["structuredContent"]["ready"] == true);
  }
  CHECK(at.api->last_call().by.door == "mcp");
}

TEST_CASE("progress makes a stream of the answer, which ends with it",
          "[gateway][mcp]")
{
  served at;
  at.api->on("run", state("running", 10));
  auto client = at.connect();
  client.send(watch());
  auto sink = at.api->wait_for_sink();
  auto head = client.read_until("\r\n\r\n");
  CHECK(head.find("text/event-stream") != head.npos);
  CHECK(head.find("X-Accel-Buffering: no") != head.npos);
  client.read_until("notifications/progress");
  at.api->on("run", state("completed", 100));
  sink({"1", R"({"kind":"end"})", true});
  auto rest = client.read_all();
  CHECK(rest.find(R"("state\":\"completed)") != rest.npos);
  CHECK(rest.ends_with("\n\n"));
}

TEST_CASE("who hangs up is not waited for any more", "[gateway][mcp]")
{
  served at;
  at.api->on("run", state("running", 10));
  test::scripted_api::sink sink;
  {
    auto client = at.connect();
    client.send(watch());
    sink = at.api->wait_for_sink();
    client.read_until("notifications/progress");
  }
  // The server hears of it in its own time; each event asks again.
  while (sink({"1", R"({"kind":"task_ended"})", false}))
    at.get("/healthz");
}

TEST_CASE("refusals of the protocol have HTTP's numbers", "[gateway][mcp]")
{
  served at;
  CHECK(at.post("/mcp", "{").status == 400);
  CHECK(at.post("/mcp", "{}", "Content-Type: text/plain\r\n").status == 415);
  CHECK(
    at.post("/mcp", initialize,
            std::string{served::json_type} + "Origin: http://evil.example\r\n")
      .status
    == 403);
  auto unknown = json::parse(initialize);
  unknown["method"] = "nonsense";
  CHECK(at.post("/mcp", unknown.dump(),
                std::string{served::json_type}
                  + "MCP-Protocol-Version: 2026-07-28\r\n")
          .status
        == 400);
  CHECK(at.get("/mcp").status == 405);
  CHECK(at.ask("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n").status
        == 405);
}

TEST_CASE("a session lives over connections until it is ended",
          "[gateway][mcp]")
{
  served at;
  auto made = at.post("/mcp", initialize);
  REQUIRE(made.status == 200);
  auto id = made.header("Mcp-Session-Id");
  REQUIRE(!id.empty());
  auto head = std::string{served::json_type} + "Mcp-Session-Id: " + id + "\r\n";
  auto ping = R"({"jsonrpc":"2.0","id":2,"method":"ping"})";
  CHECK(at.post("/mcp", ping, head).status == 200);
  auto note = R"({"jsonrpc":"2.0","method":"notifications/initialized"})";
  auto accepted = at.post("/mcp", note, head);
  CHECK(accepted.status == 202);
  CHECK(accepted.body.empty());
  auto end = "DELETE /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: " + id
             + "\r\n\r\n";
  CHECK(at.ask(end).status == 204);
  CHECK(at.post("/mcp", ping, head).status == 404);
  CHECK(at.ask(end).status == 404);
}

TEST_CASE("a session is told on its own stream", "[gateway][mcp]")
{
  served at;
  auto id = at.post("/mcp", initialize).header("Mcp-Session-Id");
  auto client = at.connect();
  client.send("GET /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: " + id
              + "\r\n\r\n");
  client.read_until("\r\n\r\n");
  json follow{{"jsonrpc", "2.0"}, {"id", 2}, {"method", "resources/subscribe"}};
  follow["params"]["uri"] = "troupe://runs/" + run;
  at.post("/mcp", follow.dump(),
          std::string{served::json_type} + "Mcp-Session-Id: " + id + "\r\n");
  at.api->wait_for_sink()({"1", R"({"kind":"task_ended"})", false});
  client.read_until("notifications/resources/updated");
}

TEST_CASE("streams of the MCP count among all streams", "[gateway][mcp]")
{
  gateway::gateway_options opts;
  opts.streams_max = 1;
  served at{opts};
  at.api->on("run", state("running", 10));
  auto client = at.connect();
  client.send(watch());
  client.read_until("notifications/progress");
  CHECK(at.ask(watch()).status == 429);
}

TEST_CASE("a node that stops does not wait for those who listen",
          "[gateway][mcp]")
{
  served at;
  at.api->on("run", state("running", 10));
  auto client = at.connect();
  client.send(watch());
  client.read_until("notifications/progress");
  at.server->stop(60s);
  client.read_all();
}

TEST_CASE("what takes long becomes a stream by itself", "[gateway][mcp]")
{
  served at;
  at.api->hold("status");
  auto client = at.connect();
  client.send(call("status", json::object()));
  client.read_until("text/event-stream");
  at.api->release();
  CHECK(client.read_all().find("structuredContent") != std::string::npos);
}
