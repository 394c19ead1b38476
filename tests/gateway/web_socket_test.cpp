#include <catch2/catch.hpp>

#include <future>

#include <nlohmann/json.hpp>

#include "gateway/raw_client.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using nlohmann::json;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";

std::string upgrade(const std::string& headers = {},
                    const std::string& query = {}) {
  return "GET /api/v1/stream" + query
         + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
           "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         + headers + "\r\n";
}

/// A reader as RFC 6455 wants one, over plain bytes: nothing of the library
/// that the server is made with is between them.
class reader {
public:
  explicit reader(const served& at, const std::string& headers = {},
                  const std::string& query = {})
    : line_(at.connect()) {
    line_.send(upgrade(headers, query));
    head = line_.read_until("\r\n\r\n");
  }

  void say(const json& message) { say(message.dump()); }
  void say(const std::string& text, char opcode = 1) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    if (text.size() < 126) {
      frame += static_cast<char>(0x80 | text.size());
    } else {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(text.size() >> 8);
      frame += static_cast<char>(text.size());
    }
    const std::string mask = "\x11\x22\x33\x44";
    frame += mask;
    for (size_t i = 0; i < text.size(); ++i)
      frame += static_cast<char>(text[i] ^ mask[i % 4]);
    line_.send(frame);
  }

  /// The next frame: its opcode, and what it says.
  std::pair<int, std::string> frame() {
    auto first = line_.read_bytes(2);
    if (first.size() < 2)
      return {-1, {}};
    size_t length = static_cast<uint8_t>(first[1]) & 127;
    if (length >= 126) {
      auto more = line_.read_bytes(length == 126 ? 2 : 8);
      length = 0;
      for (auto c : more)
        length = length << 8 | static_cast<uint8_t>(c);
    }
    return {first[0] & 15, line_.read_bytes(length)};
  }

  json hear() {
    auto [opcode, text] = frame();
    INFO(opcode << " " << text);
    REQUIRE(opcode == 1);
    return json::parse(text);
  }

  std::string head;

private:
  test::raw_client line_;
};

json subscribe(const std::string& id, json more = json::object()) {
  more["type"] = "subscribe";
  more["id"] = id;
  return more;
}

} // namespace

TEST_CASE("one WebSocket carries many streams, each with its cursor",
          "[gateway]")
{
  served at;
  reader client{at, "Troupe-Workspace: blue\r\n"};
  CHECK(client.head.find("101") != std::string::npos);
  CHECK(client.head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
  client.say(subscribe("all", {{"to", {"runs"}}}));
  CHECK(client.hear() == json{{"type", "subscribed"}, {"id", "all"}});
  auto all = at.api->wait_for_sink();
  client.say(subscribe("one", {{"run", run}, {"after", "4"}}));
  CHECK(client.hear()["id"] == "one");
  auto one = at.api->wait_for_sink();
  auto watched = at.api->watches();
  CHECK(watched.at(0).workspace == "blue");
  CHECK(watched.at(0).only.kinds == *core::event_kinds_from("runs"));
  CHECK(watched.at(1).after == "4");
  CHECK(all({"c1", R"({"kind":"a"})", false}));
  CHECK(client.hear()
        == json{{"type", "events"},
                {"id", "all"},
                {"cursor", "c1"},
                {"events", {{{"kind", "a"}}}}});
  CHECK(!one({"5", R"({"kind":"end"})", true}));
  auto end = client.hear();
  CHECK(end["id"] == "one");
  CHECK(end["events"][0]["kind"] == "end");
  // Its name is free again.
  client.say(subscribe("one"));
  CHECK(client.hear()["type"] == "subscribed");
}

TEST_CASE("a subscription ends when its reader says so", "[gateway]")
{
  served at;
  reader client{at};
  client.say(subscribe("a"));
  client.hear();
  auto sink = at.api->wait_for_sink();
  CHECK(sink({"c1", "{}", false}));
  client.hear();
  client.say(json{{"type", "unsubscribe"}, {"id", "a"}});
  CHECK(client.hear()
        == json{{"type", "unsubscribed"}, {"id", "a"}, {"cursor", "c1"}});
  CHECK(!sink({"c2", "{}", false}));
  client.say(json{{"type", "unsubscribe"}, {"id", "a"}});
  CHECK(client.hear()["problem"]["status"] == 422);
}

TEST_CASE("what is wrong with a message is told, and the rest goes on",
          "[gateway]")
{
  gateway::gateway_options opts;
  opts.subscriptions_max = 1;
  served at{opts};
  core::api_answer missing;
  missing.error.code = errc::not_found;
  at.api->fail("run", missing);
  reader client{at};
  client.say(subscribe("a", {{"nmae", "x"}}));
  auto bad = client.hear();
  CHECK(bad["type"] == "error");
  CHECK(bad["id"] == "a");
  CHECK(bad["problem"]["problems"][0]["hint"] == "did you mean `name`?");
  client.say(subscribe("a", {{"run", run}}));
  CHECK(client.hear()["problem"]["status"] == 404);
  client.say(subscribe("a"));
  CHECK(client.hear()["type"] == "subscribed");
  client.say(subscribe("b"));
  auto many = client.hear();
  CHECK(many["problem"]["status"] == 429);
  CHECK_THAT(many["problem"]["detail"].get<std::string>(),
             Catch::Contains("subscriptions_max"));
  client.say(json{{"type", "ping"}});
  CHECK(client.hear() == json{{"type", "pong"}});
  client.say("there?", 9); // A ping of the protocol itself.
  CHECK(client.frame() == std::pair<int, std::string>{10, "there?"});
}

TEST_CASE("runs that are looked up count as subscriptions", "[gateway]")
{
  gateway::gateway_options opts;
  opts.subscriptions_max = 1;
  served at{opts};
  at.api->hold("run");
  reader client{at};
  client.say(subscribe("a", {{"run", run}}));
  client.say(subscribe("b", {{"run", run}}));
  CHECK(client.hear()["problem"]["status"] == 429);
  at.api->release();
  CHECK(client.hear()["type"] == "subscribed");
  CHECK(at.api->calls().size() == 1);
}

TEST_CASE("a page of another site gets no WebSocket", "[gateway]")
{
  served at;
  reader other{at, "Origin: http://example.com\r\n"};
  CHECK(other.head.find("403") != std::string::npos);
  reader own{at, "Origin: http://localhost\r\n"};
  CHECK(own.head.find("101") != std::string::npos);
  reader twice{at, "Troupe-Workspace: a\r\n", "?workspace=b"};
  CHECK(twice.head.find("400") != std::string::npos);
  auto plain = at.get("/api/v1/stream");
  CHECK(plain.status == 426);
  CHECK(plain.header("Upgrade") == "websocket");
}

TEST_CASE("a message that is too large ends its connection only", "[gateway]")
{
  gateway::gateway_options opts;
  opts.stream_message_bytes_max = 1024;
  served at{opts};
  reader client{at};
  client.say(std::string(2000, ' '));
  auto [opcode, text] = client.frame();
  CHECK(opcode == 8);
  reader next{at};
  next.say(json{{"type", "ping"}});
  CHECK(next.hear()["type"] == "pong");
}

TEST_CASE("figures of the node come to who asks for them", "[gateway]")
{
  gateway::gateway_options opts;
  opts.stream_metrics_interval = 5ms;
  served at{opts};
  at.api->on("status", R"({"queued":3,"warnings":[]})");
  reader client{at};
  client.say(subscribe("m", {{"to", {"metrics"}}}));
  CHECK(client.hear()["type"] == "subscribed");
  auto figures = client.hear();
  CHECK(figures["id"] == "m");
  CHECK(figures["events"][0] == json{{"kind", "metrics"}, {"queued", 3}});
  CHECK(at.api->watches().empty());
}

TEST_CASE("a slow reader of a WebSocket is dropped with a notice", "[gateway]")
{
  gateway::gateway_options opts;
  opts.stream_buffer_bytes_max = 64 * 1024;
  served at{opts};
  reader client{at};
  client.say(subscribe("a"));
  client.hear();
  auto sink = at.api->wait_for_sink();
  auto big = "\"" + std::string(8 * 1024, 'x') + "\"";
  size_t sent = 0;
  while (sent < 131'072 && sink({"c" + std::to_string(sent), big, false}))
    ++sent;
  REQUIRE(sent < 131'072);
  std::string cursor;
  json last;
  for (last = client.hear(); last["type"] == "events"; last = client.hear())
    cursor = last["cursor"];
  CHECK(last["type"] == "lost");
  CHECK_THAT(last["why"].get<std::string>(),
             Catch::Contains("stream_buffer_bytes_max"));
  // All that was taken in came before the notice.
  CHECK(cursor == "c" + std::to_string(sent - 1));
  CHECK(client.frame().first == 8);
}

TEST_CASE("a stopping server says goodbye over its WebSockets", "[gateway]")
{
  served at;
  auto client = std::make_unique<reader>(at);
  client->say(subscribe("a"));
  client->hear();
  auto sink = at.api->wait_for_sink();
  auto stopped = std::async(std::launch::async, [&] { at.server->stop(60s); });
  CHECK(client->hear()["type"] == "bye");
  CHECK(client->frame().first == 8);
  client.reset(); // Its word is not waited for.
  stopped.wait();
  CHECK(!sink({"1", "{}", false}));
}
