#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "agents/http_agent.hpp"
#include "agents/recording_sink.hpp"
#include "outbound/odd_server.hpp"

using namespace troupe;
using namespace troupe::agents;
using namespace troupe::agents::test;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// An agent behind a server that does what it is told, and its tasks.
struct scene {
  explicit scene(odd_server::script how,
                 std::function<void(http_agent_options&)> change = {})
    : server(std::move(how)) {
    http_agent_options opts;
    opts.name = "writer";
    opts.at = *core::parse_url(server.address() + "/api/agents/writer");
    opts.rules.poll_every = 1ms;
    if (change)
      change(opts);
    http_means means{client, board,
                     [] {
                       return std::chrono::floor<core::duration>(
                         std::chrono::system_clock::now());
                     },
                     [](const task&) { return "00-trace"; }};
    endpoint = std::make_shared<http_endpoint>(opts, means);
    agent = http_agent(endpoint)();
  }

  std::shared_ptr<recording_sink> give(task t = task_with(R"({"n":1})")) {
    auto sink = std::make_shared<recording_sink>();
    agent->perform(t, reply{sink});
    return sink;
  }

  odd_server server;
  callback_board board;
  outbound::http_client client;
  std::shared_ptr<http_endpoint> endpoint;
  std::unique_ptr<reactive_agent> agent;
};

/// 202 at first; then what `then` says of the work at /work.
odd_server::script working(odd_server::script then) {
  return [then](const received& what, odd_peer& to) {
    if (what.method == "POST")
      to.send(http_reply(202, R"({"progress":0.1})", "Location: /work\r\n"));
    else
      then(what, to);
  };
}

} // namespace

TEST_CASE("a task is posted, and the answer is its output", "[http agent]")
{
  scene at{always(200, R"({"text": "tea"})"),
           [](auto& x) { x.secret = "not to be seen"; }};
  auto t = task_with(R"({"n":1})");
  t.idempotency_key = "key-1";
  t.attempt = 2;
  CHECK(at.give(t)->result().output == R"({"text":"tea"})");
  auto came = at.server.wait_for(1);
  CHECK(came.method == "POST");
  CHECK(came.target == "/api/agents/writer");
  auto body = json::parse(came.body);
  CHECK(body["task_id"] == t.id);
  CHECK(body["input"]["n"] == 1);
  CHECK(came.headers["idempotency-key"] == "key-1");
  CHECK(came.headers["traceparent"] == "00-trace");
  CHECK(came.headers["troupe-attempt"] == "2");
  auto token = came.headers["authorization"];
  CHECK(token.starts_with("Bearer eyJ"));
  CHECK(token.find("not to be seen") == token.npos);
}

TEST_CASE("long work is asked for until it is done", "[http agent]")
{
  std::atomic<int> looks = 0;
  scene at{working([&](const received& what, odd_peer& to) {
    CHECK(what.method == "GET");
    if (++looks < 3)
      to.send(http_reply(202, R"({"progress":0.5,"note":"half"})"));
    else
      to.send(http_reply(200, "7"));
  })};
  auto sink = at.give();
  CHECK(sink->result().output == "7");
  CHECK(looks == 3);
  REQUIRE(sink->progress_notes().size() == 3);
  CHECK(sink->progress_notes()[1].note == "half");
}

TEST_CASE("a look that fails is done again, but not for ever", "[http agent]")
{
  std::atomic<int> looks = 0;
  scene mended{working([&](const received&, odd_peer& to) {
    if (++looks == 3)
      to.send(http_reply(200, "7"));
    else if (looks == 1)
      to.send(http_reply(500, ""));
  })};
  CHECK(mended.give()->result().output == "7");
  scene broken{working(always(500, "x"))};
  auto got = broken.give()->result();
  CHECK(got.error.kind == category::network);
  CHECK(broken.server.all().size() == 4);
}

TEST_CASE("looks that fail now and then are no failures in a row",
          "[http agent]")
{
  std::atomic<int> looks = 0;
  scene at{working([&](const received&, odd_peer& to) {
             if (++looks == 6)
               to.send(http_reply(200, "7"));
             else
               to.send(http_reply(looks % 2 == 1 ? 502 : 202, ""));
           }),
           [](auto& x) { x.breaker.failures_max = 2; }};
  auto sink = at.give();
  CHECK(sink->result().output == "7");
  CHECK(at.endpoint->shown()["breaker"]["failures"] == 0);
  CHECK(at.endpoint->shown()["breaker"]["state"] == "closed");
}

TEST_CASE("an agent's address is shown without what may be a key",
          "[http agent]")
{
  scene at{always(200, "7"),
           [](auto& x) { x.at.target = "/hook?key=not-to-be-seen"; }};
  auto shown = at.endpoint->shown();
  CHECK(shown["url"] == at.server.address() + "/hook");
  CHECK(at.give()->result().output == "7");
  CHECK(at.server.wait_for(1).target == "/hook?key=not-to-be-seen");
}

TEST_CASE("a key that is no header's value fails its attempt only",
          "[http agent]")
{
  scene at{always(200, "7")};
  auto t = task_with("{}");
  t.idempotency_key = "1\r\nHost: x";
  auto got = at.give(t)->result();
  CHECK(got.error.code == errc::invalid);
  CHECK(at.server.all().empty());
  CHECK(at.endpoint->shown()["breaker"]["failures"] == 0);
}

TEST_CASE("a cancel is told to where the work is", "[http agent]")
{
  scene at{working([](const received& what, odd_peer& to) {
             to.send(http_reply(what.method == "DELETE" ? 204 : 202, ""));
           }),
           [](auto& x) { x.rules.poll_every = 1h; }};
  auto sink = at.give();
  // Until it knows where the work is, there is nobody to tell.
  while (sink->progress_notes().empty())
    std::this_thread::yield();
  sink->cancel(false);
  CHECK(sink->result().error.code == errc::cancelled);
  auto last = at.server.wait_for(2);
  CHECK(last.method == "DELETE");
  CHECK(last.target == "/work");
}

TEST_CASE("a call under way is given up by a cancel", "[http agent]")
{
  scene at{[](const received&, odd_peer& to) { to.wait_for_end(); }};
  auto sink = at.give();
  at.server.wait_for(1);
  sink->cancel(false);
  CHECK(sink->result().error.code == errc::cancelled);
  CHECK(at.endpoint->shown()["breaker"]["failures"] == 0);
}

TEST_CASE("an agent that calls back ends its attempt, once", "[http agent]")
{
  scene at{always(202, ""), [](auto& x) {
             x.callback_base = "http://127.0.0.1:1";
             x.rules.callbacks = true;
           }};
  auto sink = at.give();
  auto url =
    json::parse(at.server.wait_for(1).body)["callback_url"].get<std::string>();
  auto base = std::string{"http://127.0.0.1:1/api/v1/agents/callback/"};
  REQUIRE(url.starts_with(base));
  auto token = url.substr(base.size());
  CHECK(token.size() == 64);
  CHECK_FALSE(at.board.take("0" + token, outcome::done("9")));
  CHECK(at.board.take(token, outcome::done("8")));
  CHECK(sink->result().output == "8");
  CHECK_FALSE(at.board.take(token, outcome::done("9")));
}

TEST_CASE("an agent that fails and fails is left alone for a while",
          "[http agent]")
{
  scene at{always(500, ""), [](auto& x) { x.breaker = {2, 1h, 1h}; }};
  for (int i = 0; i < 2; ++i)
    CHECK(at.give()->result().error.kind == category::network);
  auto shown = at.endpoint->shown();
  CHECK(shown["breaker"]["state"] == "open");
  CHECK(shown["breaker"]["failures"] == 2);
  auto kept = at.give()->result();
  CHECK(kept.what == verdict::snooze);
  CHECK(kept.delay > 59min);
  CHECK(at.server.all().size() == 2);
}

TEST_CASE("nobody at the address is a failure of the network", "[http agent]")
{
  auto gone = [] {
    odd_server server{always(200, "")};
    return server.address();
  }();
  scene at{always(200, ""), [&](auto& x) { x.at = *core::parse_url(gone); }};
  CHECK(at.give()->result().error.kind == category::network);
}

TEST_CASE("an attempt takes no longer than its task may", "[http agent]")
{
  scene at{[](const received&, odd_peer& to) { to.wait_for_end(); }};
  auto t = task_with("1");
  t.timeout = 30ms;
  CHECK(at.give(t)->result().error.code == errc::timed_out);
}
