#include <catch2/catch.hpp>

#include "gateway/login_scene.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Two streams of a viewer, one of each kind.
struct two_streams {
  explicit two_streams(const served& at, const std::string& ann)
    : events(at.connect()), socket(at.connect()) {
    events.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n" + ann
                + "\r\n");
    socket.send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n"
                "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + ann + "\r\n");
    CHECK(has(events.read_until("\r\n\r\n"), " 200 "));
    CHECK(has(socket.read_until("\r\n\r\n"), " 101 "));
  }
  test::raw_client events, socket;
};

} // namespace

TEST_CASE("a live stream ends with the login that opened it", "[gateway]")
{
  gateway::gateway_options opts;
  auto soon = *rules();
  soon.leeway = -596s; // Of the 600 that a token here is good for.
  opts.login = std::make_shared<const core::login_rules>(std::move(soon));
  served at{opts};
  auto ann = as(token({{"default", "viewer"}}));
  two_streams to{at, ann};
  CHECK(has(to.events.read_all(), "this stream has expired"));
  CHECK(has(to.socket.read_all(), "this connection has expired"));
  CHECK(ask(at, "GET /api/v1/events", ann).status == 401);
}

TEST_CASE("streams end when logins are read anew, and only those of tokens",
          "[gateway]")
{
  served at{asking()};
  two_streams to{at, as(token({{"default", "viewer"}}))};
  served open;
  two_streams kept{open, ""};
  for (auto* x : {&at, &open})
    x->server->end_token_streams();
  CHECK(has(to.events.read_all(), "logins were read anew"));
  CHECK(has(to.socket.read_all(), "logins were read anew"));
  open.server->stop(1s);
  CHECK(has(kept.events.read_all(), "the node is stopping"));
}
