#include <catch2/catch.hpp>

#include "gateway/event_stream.hpp"
#include "gateway/raw_client.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using test::served;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";
const std::string events = "/api/v1/runs/" + run + "/events";

std::string get(const std::string& target, const std::string& headers = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers
         + "\r\n";
}

} // namespace

TEST_CASE("an event is an id and data, one line for each line", "[gateway]")
{
  CHECK(gateway::encode_event({"7", "{\"a\":1}", false})
        == "id: 7\ndata: {\"a\":1}\n\n");
  CHECK(gateway::encode_event({"", "{\n}", false}) == "data: {\ndata: }\n\n");
  CHECK(gateway::encode_event({"7", "", false}) == "id: 7\n\n");
  CHECK(gateway::encode_event({"", "", false}).empty());
}

TEST_CASE("a run's stream plays its events and ends with the run", "[gateway]")
{
  served at;
  at.api->play(
    {{"1", R"({"kind":"a"})", false}, {"2", R"({"kind":"end"})", true}});
  auto client = at.connect();
  client.send(get(events));
  auto head = client.read_until("\r\n\r\n");
  CHECK(head.find("200 OK") != std::string::npos);
  CHECK(head.find("text/event-stream") != std::string::npos);
  CHECK(client.read_all()
        == "id: 1\ndata: {\"kind\":\"a\"}\n\n"
           "id: 2\ndata: {\"kind\":\"end\"}\n\n");
  auto watched = at.api->watches().at(0);
  CHECK(to_string(watched.run) == run);
  CHECK(watched.after.empty());
  CHECK(watched.by.door == "http");
}

TEST_CASE("a stream goes on after the last event that was seen", "[gateway]")
{
  served at;
  at.api->play({{"9", "{}", true}});
  auto client = at.connect();
  client.send(get(events + "?after=5"));
  client.read_all();
  auto second = at.connect();
  second.send(get(events + "?after=5", "Last-Event-ID: 8\r\n"));
  second.read_all();
  auto all = at.connect();
  all.send(get("/api/v1/events", "Troupe-Workspace: blue\r\n"));
  all.read_all();
  auto watched = at.api->watches();
  REQUIRE(watched.size() == 3);
  CHECK(watched[0].after == "5");
  CHECK(watched[1].after == "8");
  CHECK(!watched[2].run);
  CHECK(watched[2].workspace == "blue");
}

TEST_CASE("a stream has only what is asked for", "[gateway]")
{
  served at;
  at.api->play({{"9", "{}", true}});
  auto ask = [&](const std::string& query) {
    auto client = at.connect();
    client.send(get("/api/v1/events?" + query));
    client.read_all();
    return at.api->watches().back();
  };
  auto one = ask("run=" + run + "&after=4&kinds=task_ended,logs");
  CHECK(to_string(one.run) == run);
  CHECK(one.after == "4");
  CHECK(one.only.kinds
        == (core::bit_of(core::fact_kind::task_ended) | core::log_bit));
  auto named = ask("name=release&workspace=blue&task=" + run);
  CHECK(named.only.name == "release");
  CHECK(named.workspace == "blue");
  CHECK(to_string(named.only.task) == run);
  auto cursor = core::to_cursor({1, 7, 1});
  CHECK(ask("after=" + cursor).after == cursor);
}

TEST_CASE("a stream does not go on after what it never gave", "[gateway]")
{
  served at;
  for (auto cursor : {"x", "-1", "8x"}) {
    auto client = at.connect();
    client.send(get(events, "Last-Event-ID: " + std::string{cursor} + "\r\n"));
    CHECK(client.read().status == 400);
  }
  for (auto query : {"after=8", "run=x", "kinds=task_endet", "task=1",
                     "workspace=%20", "nmae=x", "kinds=runs&kinds=tasks"}) {
    INFO(query);
    CHECK(at.get("/api/v1/events?" + std::string{query}).status == 400);
  }
  CHECK(
    at.ask(get("/api/v1/events?workspace=a", "Troupe-Workspace: b\r\n")).status
    == 400);
  auto all = at.connect();
  all.send(get("/api/v1/events", "Last-Event-ID: 8\r\n"));
  CHECK(all.read().status == 400);
  CHECK(at.api->watches().empty());
}

TEST_CASE("a stream of an unknown run is not found", "[gateway]")
{
  served at;
  core::api_answer missing;
  missing.error.code = errc::not_found;
  at.api->fail("run", missing);
  CHECK(at.get(events).status == 404);
  CHECK(at.api->watches().empty());
}

TEST_CASE("events come as they happen", "[gateway]")
{
  served at;
  auto client = at.connect();
  client.send(get(events));
  auto sink = at.api->wait_for_sink();
  for (int i = 1; i <= 20; ++i) {
    auto number = std::to_string(i);
    CHECK(sink({number, "{}", false}));
    CHECK(client.read_until("id: " + number + "\ndata: {}\n\n").size() > 0);
  }
  CHECK(!sink({"21", "{}", true}));
  CHECK(client.read_all() == "id: 21\ndata: {}\n\n");
  CHECK(!sink({"22", "{}", false}));
}

TEST_CASE("a slow reader is dropped with a notice, at a bounded cost",
          "[gateway]")
{
  gateway::gateway_options opts;
  opts.stream_buffer_bytes_max = 64 * 1024;
  served at{opts};
  auto client = at.connect();
  client.send(get(events));
  auto sink = at.api->wait_for_sink();
  auto big = "\"" + std::string(8 * 1024, 'x') + "\"";
  // Socket buffers take a while to fill; no machine has a gigabyte of them.
  size_t sent = 0;
  while (sent < 131'072 && sink({std::to_string(sent), big, false}))
    ++sent;
  REQUIRE(sent < 131'072);
  auto all = client.read_all();
  auto notice = all.rfind("data: {\"kind\":\"lost\"");
  REQUIRE(notice != std::string::npos);
  CHECK(all.find("stream_buffer_bytes_max", notice) != std::string::npos);
  CHECK(all.ends_with("\n\n"));
  // Everything before the notice came whole and in order.
  CHECK(all.find("id: " + std::to_string(sent - 1) + "\n")
        != std::string::npos);
}

TEST_CASE("what is past comes at the reader's pace", "[gateway]")
{
  gateway::gateway_options opts;
  opts.stream_buffer_bytes_max = 64 * 1024;
  served at{opts};
  auto client = at.connect();
  client.send(get(events));
  auto sink = at.api->wait_for_sink();
  auto pace = at.api->watches().at(0).pace;
  REQUIRE(pace);
  auto big = "\"" + std::string(8 * 1024, 'x') + "\"";
  // Far more than fits: whoever waits for room is never cut off.
  constexpr int count = 1000;
  std::function<void()> tell;
  auto next = std::make_shared<int>(0);
  tell = [&tell, next, sink, pace, big] {
    while (*next < count) {
      auto number = ++*next;
      if (!sink({std::to_string(number), big, number == count}))
        return;
      if (!pace->has_room(tell))
        return;
    }
  };
  tell();
  auto all = client.read_all();
  CHECK(all.find("lost") == std::string::npos);
  CHECK(all.find("id: 1000\n") != std::string::npos);
}

TEST_CASE("a reader that has gone is forgotten", "[gateway]")
{
  gateway::gateway_options opts;
  opts.streams_max = 1;
  served at{opts};
  {
    auto client = at.connect();
    client.send(get(events));
    client.read_until("\r\n\r\n");
    CHECK(at.get("/api/v1/events").status == 429);
  }
  auto sink = at.api->wait_for_sink();
  // The server sees the end at some moment after it; until then it takes.
  while (sink({"1", "{}", false}))
    ;
  auto next = at.connect();
  next.send(get(events));
  CHECK(next.read_until("\r\n\r\n").find("200 OK") != std::string::npos);
}

TEST_CASE("silent streams are kept open with comments", "[gateway]")
{
  gateway::gateway_options opts;
  opts.stream_heartbeat = 5ms;
  served at{opts};
  auto client = at.connect();
  client.send(get(events));
  client.read_until("\r\n\r\n");
  CHECK(client.read_until(":\n\n") == ":\n\n");
  CHECK(client.read_until(":\n\n") == ":\n\n");
}

TEST_CASE("a stopping server says goodbye to its streams", "[gateway]")
{
  served at;
  auto client = at.connect();
  client.send(get(events));
  auto sink = at.api->wait_for_sink();
  at.server->stop(60s);
  CHECK(client.read_all().find("the node is stopping") != std::string::npos);
  CHECK(!sink({"1", "{}", false}));
}
