#include <catch2/catch.hpp>

#include "gateway/raw_client.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";

std::string get(const std::string& target, const std::string& headers = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers
         + "\r\n";
}

} // namespace

TEST_CASE("a submission answers 201 and says where the run is", "[gateway]")
{
  served at;
  at.api->on("submit", R"({"run":")" + run + R"(","repeated":false})");
  auto got = at.post("/api/v1/runs", R"({"name":"a"})");
  CHECK(got.status == 201);
  CHECK(got.header("Location") == "/api/v1/runs/" + run);
  CHECK(got.json()["run"] == run);
  CHECK(got.header("Content-Type") == "application/json");
  at.api->on("submit", R"({"run":")" + run + R"(","repeated":true})");
  CHECK(at.post("/api/v1/runs", R"({"name":"a"})").status == 200);
}

TEST_CASE("a connection carries many requests, also pipelined ones, in order",
          "[gateway]")
{
  served at;
  at.api->on("run", [](const core::api_request& r) {
    return core::api_answer{{}, {}, r.params, {}};
  });
  auto client = at.connect();
  std::string all;
  for (char c = '1'; c <= '9'; ++c)
    all += get("/api/v1/runs/0190a1b2-0000-7000-8000-00000" + std::string{c}
               + "000000");
  client.send(all);
  for (char c = '1'; c <= '9'; ++c)
    CHECK(client.read().json()["run"].get<std::string>()[29] == c);
}

TEST_CASE("a request that comes in pieces is still one", "[gateway]")
{
  served at;
  auto client = at.connect();
  for (char c : get("/healthz"))
    client.send({c});
  CHECK(client.read().json()["status"] == "ok");
}

TEST_CASE("chunked bodies and 100-continue are understood", "[gateway]")
{
  served at;
  auto client = at.connect();
  client.send("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n"
              "Content-Type: application/json\r\nExpect: 100-continue\r\n"
              "Transfer-Encoding: chunked\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("3\r\n[{}\r\n1\r\n]\r\n0\r\n\r\n");
  CHECK(client.read().status == 201);
  CHECK(at.api->last_call().params.view() == R"({"tasks":[{}]})");
}

TEST_CASE("HEAD and OPTIONS answer without a body", "[gateway]")
{
  served at;
  auto client = at.connect();
  client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "15");
  client.send("OPTIONS /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto options = client.read();
  CHECK(options.status == 204);
  CHECK(options.header("Allow") == "POST, GET, HEAD, OPTIONS");
  client.send("DELETE /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto refused = client.read();
  CHECK(refused.status == 405);
  CHECK(refused.header("Allow") == "POST, GET, HEAD, OPTIONS");
}

TEST_CASE("a request id is taken or made, and comes back", "[gateway]")
{
  served at;
  auto given = at.ask(get("/api/v1/status", "X-Request-Id: mine-7\r\n"));
  CHECK(given.header("X-Request-Id") == "mine-7");
  CHECK(at.api->last_call().by.request == "mine-7");
  auto made = at.get("/api/v1/status").header("X-Request-Id");
  CHECK(!made.empty());
  CHECK(at.api->last_call().by.request == made);
  auto bad =
    at.ask(get("/healthz", "X-Request-Id: " + std::string(200, 'x') + "\r\n"));
  CHECK(bad.header("X-Request-Id") != std::string(200, 'x'));
}

TEST_CASE("health says yes or no and nothing else", "[gateway]")
{
  served at;
  at.api->on("status", R"({"ready":true,"version":"secret"})");
  auto got = at.get("/readyz");
  CHECK(got.status == 200);
  CHECK(got.body == R"({"status":"ready"})");
  at.api->on("status", R"({"ready":false})");
  CHECK(at.get("/readyz").status == 503);
  at.api->on("status", "no json at all");
  CHECK(at.get("/readyz").status == 503);
  CHECK(at.get("/healthz").status == 200);
}

TEST_CASE("errors come as problem details over the wire", "[gateway]")
{
  served at;
  core::api_answer busy;
  busy.error = {errc::overloaded, category::resource, "intake is closed"};
  busy.retry_after = 5s;
  at.api->fail("submit", busy);
  auto got = at.post("/api/v1/tasks", "[{}]");
  CHECK(got.status == 429);
  CHECK(got.header("Retry-After") == "5");
  CHECK(got.header("Content-Type") == "application/problem+json");
  CHECK(got.json()["code"] == "overloaded");
  CHECK(got.json()["detail"] == "intake is closed");
}

TEST_CASE("what is no HTTP is refused, and the server lives on", "[gateway]")
{
  served at;
  auto host = std::string{"Host: localhost\r\n"};
  struct {
    std::string bytes;
    unsigned status;
  } const table[] = {
    {"\r\n\r\n\r\n", 400},
    {"GARBAGE\r\n\r\n", 400},
    {"GET\r\n\r\n", 400},
    {"GET /healthz\r\n\r\n", 400},
    {"GET /healthz HTTP/1.1\n\n", 505},
    {"GET /healthz HTTP/3.0\r\n\r\n", 505},
    {"GET /heal thz HTTP/1.1\r\n" + host + "\r\n", 505},
    {"GET /healthz HTTP/1.1\r\nHost localhost\r\n\r\n", 400},
    {"GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n", 400},
    {"GET /healthz HTTP/1.1\r\nHo st: localhost\r\n\r\n", 400},
    {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\x01z\r\n\r\n", 400},
    {"GET /healthz HTTP/1.1\r\n\r\n", 400},
    {"GET /healthz HTTP/1.1\r\n" + host + host + "\r\n", 400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host + served::json_type
       + "Idempotency-Key: a\r\nIdempotency-Key: b\r\n"
         "Content-Length: 2\r\n\r\n[]",
     400},
    {"GET /api/v1/runs HTTP/1.1\r\n" + host
       + "Troupe-Workspace: a\r\nTroupe-Workspace: b\r\n\r\n",
     400},
    {"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
    {"GET /healthz HTTP/1.1\r\n" + host + "Origin: http://evil\r\n\r\n", 403},
    {"GET * HTTP/1.1\r\n" + host + "\r\n", 400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n",
     400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n",
     400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host
       + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n[",
     400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host
       + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host + served::json_type
       + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
     400},
    {"POST /api/v1/tasks HTTP/1.1\r\n" + host + served::json_type
       + "Content-Length: 99999999999\r\n\r\n",
     413},
    {"GET /" + std::string(10'000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
    {"GET /healthz HTTP/1.1\r\n" + host + "X: " + std::string(40'000, 'a')
       + "\r\n\r\n",
     431},
  };
  for (const auto& x : table) {
    INFO(x.bytes.substr(0, 80));
    CHECK(at.ask(x.bytes).status == x.status);
  }
  CHECK(at.get("/healthz").status == 200);
  CHECK(at.api->calls().empty());
}

TEST_CASE("random bytes never end the server", "[gateway]")
{
  served at;
  uint64_t seed = 88172645463325252ull;
  auto next = [&] {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
  };
  for (int i = 0; i < 300; ++i) {
    auto bytes = "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n"
                 "Content-Type: application/json\r\nContent-Length: 4\r\n\r\n"
                 "[{}]"
                 + std::string{};
    for (int n = 0; n < 4; ++n)
      bytes[next() % bytes.size()] = static_cast<char>(next());
    auto client = at.connect();
    client.send(bytes);
    client.shut_down_sending();
    client.read_all();
  }
  CHECK(at.get("/healthz").status == 200);
}

TEST_CASE("a body at the limit passes, one byte more does not", "[gateway]")
{
  gateway::gateway_options opts;
  opts.body_bytes_max = 100;
  served at{opts};
  auto fits = "[" + std::string(98, ' ') + "]";
  CHECK(at.post("/api/v1/tasks", fits).status == 201);
  auto over = at.post("/api/v1/tasks", fits + " ");
  CHECK(over.status == 413);
  CHECK(over.json()["detail"].get<std::string>().find("body_bytes_max")
        != std::string::npos);
  auto client = at.connect();
  client.send("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\n"
              "Content-Type: application/json\r\n"
              "Transfer-Encoding: chunked\r\n\r\nff\r\n"
              + std::string(255, ' ') + "\r\n0\r\n\r\n");
  CHECK(client.read().status == 413);
}

TEST_CASE("requests beyond those in flight are turned away", "[gateway]")
{
  gateway::gateway_options opts;
  opts.requests_in_flight_max = 1;
  served at{opts};
  at.api->hold("status");
  auto first = at.connect();
  first.send(get("/api/v1/status"));
  at.api->wait_until_held();
  auto refused = at.get("/healthz");
  CHECK(refused.status == 429);
  CHECK(refused.header("Retry-After") == "1");
  at.api->release();
  CHECK(first.read().status == 200);
  CHECK(at.get("/healthz").status == 200);
}

TEST_CASE("connections beyond the limit are told so", "[gateway]")
{
  gateway::gateway_options opts;
  opts.connections_max = 1;
  served at{opts};
  auto first = at.connect();
  first.send(get("/healthz"));
  CHECK(first.read().status == 200);
  auto second = at.connect();
  auto words = second.read();
  CHECK(words.status == 503);
  CHECK(words.json()["detail"].get<std::string>().find("connections_max")
        != std::string::npos);
}

TEST_CASE("a silent connection is closed when its time is up", "[gateway]")
{
  gateway::gateway_options opts;
  opts.idle_timeout = 20ms;
  served at{opts};
  CHECK(at.connect().read_all().empty());
  auto kept = at.connect();
  kept.send(get("/healthz"));
  CHECK(kept.read().status == 200);
  CHECK(kept.read_all().empty());
}

TEST_CASE("a request that does not come to its end is answered 408",
          "[gateway]")
{
  gateway::gateway_options opts;
  opts.idle_timeout = 20ms;
  opts.read_timeout = 20ms;
  served at{opts};
  for (const auto* part :
       {"GET /healthz HT",
        "POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        "application/json\r\nContent-Length: 100\r\n\r\n{\"workflow"}) {
    auto slow = at.connect();
    slow.send(part);
    auto said = slow.read();
    INFO(part << "\n" << said.head << said.body);
    REQUIRE(said.status == 408);
    CHECK(said.header("Connection") == "close");
    CHECK(said.json()["code"] == "timed_out");
    CHECK(slow.read_all().empty());
  }
}

TEST_CASE("a request that is not answered in time gets a 504, and its late "
          "answer nobody",
          "[gateway]")
{
  gateway::gateway_options opts;
  opts.answer_timeout = 20ms;
  served at{opts};
  at.api->on("submit", R"({"run":")" + run + R"("})");
  at.api->hold("submit");
  auto send = [](auto& client, const std::string& headers) {
    client.send("POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n" + headers
                + "Content-Type: application/json\r\n"
                  "Content-Length: 12\r\n\r\n{\"name\":\"a\"}");
  };
  auto patient = at.connect(); // Waits for the end of its run.
  send(patient, "Prefer: wait\r\n");
  at.api->wait_until_held();
  auto client = at.connect();
  send(client, "Idempotency-Key: k\r\n");
  auto with_key = client.read();
  INFO(with_key.head << with_key.body);
  REQUIRE(with_key.status == 504);
  CHECK(with_key.json()["code"] == "unanswered");
  CHECK_THAT(with_key.json()["detail"].get<std::string>(),
             Catch::Contains("may still happen; ask again with the same "
                             "Idempotency-Key"));
  // The connection goes on, and what comes late does not get into the way.
  send(client, "");
  auto without = client.read();
  CHECK(without.status == 504);
  CHECK_THAT(without.json()["detail"].get<std::string>(),
             Catch::Contains("look whether it did before you ask again"));
  at.api->release();
  CHECK(patient.read().status == 200);
  client.send(get("/healthz"));
  CHECK(client.read().json()["status"] == "ok");
}

TEST_CASE("a question that is not answered in time says that nothing changed",
          "[gateway]")
{
  gateway::gateway_options opts;
  opts.answer_timeout = 20ms;
  served at{opts};
  at.api->hold("status");
  auto asked = at.get("/api/v1/status");
  CHECK(asked.status == 504);
  CHECK_THAT(asked.json()["detail"].get<std::string>(),
             Catch::Contains("nothing was changed"));
  CHECK(at.get("/readyz").status == 503);
  at.api->hold("run"); // A stream is begun by a look at its run.
  CHECK(at.get("/api/v1/runs/" + run + "/events").status == 504);
  at.api->hold("backup");
  auto backup = at.connect();
  backup.send("POST /api/v1/backup HTTP/1.1\r\nHost: localhost\r\n"
              "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
              "{\"path\":\"/b\"}");
  at.api->wait_until_held(4);
  at.api->hold("run");
  CHECK(at.get("/api/v1/runs/" + run).status == 504);
  at.api->release();
  CHECK(backup.read().status == 200);
}

TEST_CASE("stopping answers what is in flight and closes the rest", "[gateway]")
{
  served at;
  at.api->hold("status");
  auto idle = at.connect();
  idle.send(get("/healthz"));
  idle.read();
  auto busy = at.connect();
  busy.send(get("/api/v1/status"));
  at.api->wait_until_held();
  std::thread stopping{[&] { at.server->stop(60s); }};
  CHECK(idle.read_all().empty());
  at.api->release();
  auto last = busy.read();
  CHECK(last.status == 200);
  CHECK(last.header("Connection") == "close");
  CHECK(busy.read_all().empty());
  stopping.join();
}

TEST_CASE("answers that come after the end harm nobody", "[gateway]")
{
  served at;
  at.api->hold("status");
  auto busy = at.connect();
  busy.send(get("/api/v1/status"));
  at.api->wait_until_held();
  at.server->stop(0ms);
  CHECK(busy.read_all().empty());
  at.server.reset();
  at.api->release();
}
