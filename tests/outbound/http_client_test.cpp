#include <catch2/catch.hpp>

#include "outbound/asking_others.hpp"
#include "runtime/directory.hpp"

using namespace troupe;
using namespace troupe::outbound;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE("a call gets its answer, whatever the status", "[outbound]")
{
  odd_server server{always(404, "no such thing", "X-Why: never\r\n")};
  http_client client;
  auto what = call_to(server.address() + "/a/b?c=d", "POST", "{\"x\":1}");
  what.headers = {{"Content-Type", "application/json"}};
  auto got = ask(client, what);
  REQUIRE(got);
  CHECK(got->status == 404);
  CHECK(got->body == "no such thing");
  CHECK(got->header("x-why") == "never");
  auto came = server.wait_for(1);
  CHECK(came.method == "POST");
  CHECK(came.target == "/a/b?c=d");
  CHECK(came.body == "{\"x\":1}");
  CHECK(came.headers["content-type"] == "application/json");
  CHECK(came.headers["host"] == server.address().substr(7));
}

TEST_CASE("answers in chunks, in pieces and up to the end are whole",
          "[outbound]")
{
  odd_server server{[](const received& what, odd_peer& to) {
    if (what.target == "/chunks")
      for (auto part : {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTrans",
                        "fer-Encoding: chunked\r\n\r\n3\r", "\nabc\r\n2\r\nde",
                        "\r\n0\r\n\r\n"})
        to.send(part);
    else
      to.send("HTTP/1.1 200 OK\r\n\r\nabcde");
  }};
  http_client client;
  for (auto target : {"/chunks", "/end"}) {
    auto got = ask(client, call_to(server.address() + target));
    REQUIRE(got);
    CHECK(got->status == 200);
    CHECK(got->body == "abcde");
  }
}

TEST_CASE("a redirect is an answer and is not followed", "[outbound]")
{
  odd_server server{always(302, "", "Location: /elsewhere\r\n")};
  http_client client;
  auto got = ask(client, call_to(server.address()));
  REQUIRE(got);
  CHECK(got->status == 302);
  CHECK(got->header("location") == "/elsewhere");
  CHECK(server.all().size() == 1);
}

TEST_CASE("who does not answer in time is given up", "[outbound]")
{
  odd_server silent{[](const received&, odd_peer& to) { to.wait_for_end(); }};
  odd_server slow{hang};
  odd_server drips{[](const received&, odd_peer& to) {
    to.send("HTTP/1.1 200 OK\r\n");
    while (to.send("X: y\r\n"))
      std::this_thread::yield();
  }};
  http_client client;
  for (auto* server : {&silent, &slow}) {
    auto what = call_to(server->address());
    what.deadline = 50ms;
    auto got = ask(client, what);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::timed_out);
    CHECK(got.error().kind == category::timeout);
  }
  // Headers without an end reach their limit, or the deadline.
  auto what = call_to(drips.address());
  what.deadline = 5s;
  auto got = ask(client, what);
  REQUIRE_FALSE(got);
}

TEST_CASE("an answer that is cut is none", "[outbound]")
{
  odd_server server{[](const received& what, odd_peer& to) {
    if (what.target == "/body")
      to.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    if (what.target == "/head")
      to.send("HTTP/1.1 200 OK\r\nContent-Le");
    if (what.target == "/noise")
      to.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  }};
  http_client client;
  for (auto target : {"/body", "/head", "/noise", "/nothing"}) {
    auto got = ask(client, call_to(server.address() + target));
    INFO(target);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::agent_failed);
    CHECK(got.error().kind == category::network);
  }
}

TEST_CASE("what would begin a header or a request of its own is not sent",
          "[outbound]")
{
  odd_server server{always(200, "")};
  http_client client;
  auto plain = call_to(server.address());
  auto refused = [&](const http_call& what, const std::string& part) {
    auto got = ask(client, what);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::invalid);
    CHECK(got.error().message.find(part) != std::string::npos);
    CHECK(got.error().message.find("secret") == std::string::npos);
  };
  auto what = plain;
  what.headers = {{"Idempotency-Key", "secret\r\n\r\nDELETE /jobs HTTP/1.1"}};
  refused(what, "the header Idempotency-Key");
  what.headers = {{"X: y\r\nZ", "secret"}};
  refused(what, "the name of a header");
  what = plain;
  what.to.target = "/a b\n";
  refused(what, "the address");
  what = plain;
  what.method = "GET\x7f";
  refused(what, "the address");
  CHECK(server.all().empty());
}

TEST_CASE("a body that breaks off is no whole one, unless it was closed in "
          "order",
          "[outbound]")
{
  directory where;
  certificate good{where / ".", "127.0.0.1"};
  odd_server server{[](const received& what, odd_peer& to) {
                      to.send("HTTP/1.1 200 OK\r\n\r\n[1,2,3]");
                      if (what.target == "/whole")
                        to.say_goodbye();
                    },
                    &good};
  odd_server resets{[](const received&, odd_peer& to) {
    to.send("HTTP/1.1 200 OK\r\n\r\n[1,2,3]");
    to.reset();
  }};
  client_options trusting;
  trusting.ca_file = good.file;
  http_client client{trusting};
  auto whole = ask(client, call_to(server.address() + "/whole"));
  REQUIRE(whole);
  CHECK(whole->body == "[1,2,3]");
  for (const auto& address : {server.address(), resets.address()}) {
    INFO(address);
    auto cut = ask(client, call_to(address));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind == category::network);
  }
}

TEST_CASE("an answer over its limit is refused as it comes", "[outbound]")
{
  odd_server told{always(200, std::string(2000, 'x'))};
  odd_server endless{[](const received&, odd_peer& to) {
    to.send("HTTP/1.1 200 OK\r\n\r\n");
    while (to.send(std::string(1000, 'x')))
      ;
  }};
  http_client client;
  for (auto* server : {&told, &endless}) {
    auto what = call_to(server->address());
    what.reply_bytes_max = 1000;
    auto got = ask(client, what);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::limit_reached);
    CHECK(got.error().message.find("answer_bytes") != std::string::npos);
  }
  odd_server wordy{always(200, "", "X: " + std::string(40'000, 'x') + "\r\n")};
  auto got = ask(client, call_to(wordy.address()));
  REQUIRE_FALSE(got);
  CHECK(got.error().code == errc::limit_reached);
  CHECK(got.error().message.find("header_bytes_max") != std::string::npos);
}

TEST_CASE("where nobody listens, the failure is the network's", "[outbound]")
{
  auto gone = [] {
    odd_server server{always(200, "")};
    return server.address();
  }();
  http_client client;
  auto got = ask(client, call_to(gone));
  REQUIRE_FALSE(got);
  CHECK(got.error().kind == category::network);
  got = ask(client, call_to("http://no-such-host.invalid/"));
  REQUIRE_FALSE(got);
  CHECK(got.error().kind == category::network);
}

TEST_CASE("a certificate must be trusted and of the host", "[outbound]")
{
  directory where;
  certificate good{where / ".", "127.0.0.1"};
  certificate other{where / ".", "example.com"};
  odd_server server{always(200, "secret"), &good};
  odd_server impostor{always(200, "secret"), &other};
  client_options trusting;
  trusting.ca_file = good.file;
  http_client client{trusting};
  auto got = ask(client, call_to(server.address()));
  REQUIRE(got);
  CHECK(got->body == "secret");
  auto refused = [](http_client& with, const std::string& address) {
    auto got = ask(with, call_to(address));
    REQUIRE_FALSE(got);
    CHECK(got.error().kind == category::security);
  };
  http_client stranger; // Trusts the system's authorities only.
  refused(stranger, server.address());
  refused(client, impostor.address());
  trusting.ca_file = other.file; // Known, but of another host.
  http_client misled{trusting};
  refused(misled, impostor.address());
  CHECK(impostor.all().empty());
}

TEST_CASE("certificates that cannot be used are told", "[outbound]")
{
  directory where;
  client_options wrong;
  wrong.ca_file = where / "none.pem";
  auto why = check_options(wrong);
  CHECK(why.code == errc::invalid);
  CHECK(why.message.find(wrong.ca_file) != std::string::npos);
  CHECK_FALSE(check_options({}));
  http_client client{wrong};
  auto got = ask(client, call_to("https://127.0.0.1:1/"));
  REQUIRE_FALSE(got);
  CHECK(got.error().message == why.message);
}

TEST_CASE("plain text is no TLS, and TLS is no plain text", "[outbound]")
{
  directory where;
  certificate good{where / ".", "127.0.0.1"};
  odd_server plain{always(200, "x")};
  odd_server secure{always(200, "x"), &good};
  http_client client;
  // It waits for words that it understands, as we do.
  auto greeting = call_to("https://127.0.0.1:" + std::to_string(plain.port()));
  greeting.deadline = 500ms;
  auto got = ask(client, greeting);
  CHECK_FALSE(got);
  got =
    ask(client, call_to("http://127.0.0.1:" + std::to_string(secure.port())));
  CHECK_FALSE(got);
}
