#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "gateway/tls_client.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using test::test_certificate;
using test::tls_client;

namespace {

gateway::gateway_options secured(const test_certificate& with) {
  gateway::gateway_options opts;
  opts.tls = with.files();
  return opts;
}

const std::string run = "0190a1b2-0000-7000-8000-000000000000";
const std::string closing = "Host: localhost\r\nConnection: close\r\n\r\n";
const std::string health = "GET /healthz HTTP/1.1\r\n" + closing;

std::string ask(uint16_t port, const test_certificate& trusted) {
  tls_client client{port, trusted.files().certificate};
  client.send(health);
  return client.read_all();
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("over TLS the same is said, and its end is no cut", "[gateway][tls]")
{
  test_certificate own;
  test::served at{secured(own)};
  // Larger than a record of TLS.
  at.api->on("status", R"({"x":")" + std::string(300'000, 'y') + R"("})");
  tls_client client{at.server->port(), own.files().certificate};
  CHECK(client.version() >= "TLSv1.2");
  client.send("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"
              "GET /api/v1/status HTTP/1.1\r\n"
              + closing);
  auto got = client.read_all();
  CHECK(got.size() > 600'000);
  CHECK(got.ends_with("yy\"}"));
  CHECK(client.ended_cleanly());
}

TEST_CASE("a body larger than a record comes through TLS whole",
          "[gateway][tls]")
{
  test_certificate own;
  test::served at{secured(own)};
  at.api->on("submit", R"({"run":")" + run + R"(","repeated":false})");
  std::string tasks = R"([{"type":"echo","input":")";
  tasks.append(200'000, 'z');
  tasks += "\"}]";
  tls_client client{at.server->port(), own.files().certificate};
  client.send(
    "POST /api/v1/tasks HTTP/1.1\r\nContent-Type: application/json\r\n"
    "Content-Length: "
    + std::to_string(tasks.size()) + "\r\n" + closing + tasks);
  CHECK(client.read_all().starts_with("HTTP/1.1 201"));
  CHECK(at.api->last_call().params.view().size() > tasks.size());
}

TEST_CASE("a live stream runs over TLS and its reader's end is seen",
          "[gateway][tls]")
{
  test_certificate own;
  test::served at{secured(own)};
  at.api->on("run", "{}");
  test::scripted_api::sink sink;
  {
    tls_client client{at.server->port(), own.files().certificate};
    client.send("GET /api/v1/runs/" + run + "/events HTTP/1.1\r\n" + closing);
    client.read_until("\r\n\r\n");
    sink = at.api->wait_for_sink();
    for (auto n : {"1", "2", "3"})
      CHECK(sink({n, "{}", false}));
    CHECK(has(client.read_until("id: 3\n"), "id: 2\n"));
  }
  // Refused once the server has seen the end; a hang is what it would be.
  while (sink({"4", "{}", false}))
    std::this_thread::yield();
  at.server->stop(0ms);
}

TEST_CASE("who speaks plain HTTP to TLS is told so", "[gateway][tls]")
{
  test_certificate own;
  test::served at{secured(own)};
  auto got = at.get("/healthz");
  CHECK(got.status == 400);
  CHECK(has(got.body, "https://"));
}

TEST_CASE("bytes that are no TLS cost a connection and nothing else",
          "[gateway][tls]")
{
  test_certificate own;
  test::served at{secured(own)};
  for (auto bytes : {"\x16\x03\x01\x00\x05hello", "\x80\x80", "\x16\x03\x03"}) {
    auto client = at.connect();
    client.send(bytes);
    client.shut_down_sending();
    client.read_all();
  }
  CHECK(ask(at.server->port(), own).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a handshake that does not come has a deadline", "[gateway][tls]")
{
  test_certificate own;
  auto opts = secured(own);
  opts.handshake_timeout = 20ms;
  test::served at{opts};
  auto client = at.connect();
  CHECK(client.read_all().empty()); // Ends at all.
}

TEST_CASE("the server stops while a handshake is under way", "[gateway][tls]")
{
  test_certificate own;
  test::served at{secured(own)};
  auto silent = at.connect();
  at.server->stop(100s);
  CHECK(silent.read_all().empty());
}

TEST_CASE("the Unix socket stays as it is beside TLS", "[gateway][tls]")
{
  test_certificate own;
  auto opts = secured(own);
  opts.unix_socket = own.directory + "/node.sock";
  test::served at{opts};
  test::raw_client client{opts.unix_socket};
  client.send(health);
  CHECK(client.read().status == 200);
}

TEST_CASE("a renewed certificate is shown to those who come then",
          "[gateway][tls]")
{
  test_certificate own;
  test_certificate other;
  test::served at{secured(own)};
  auto port = at.server->port();
  tls_client before{port, own.files().certificate};
  for (auto name : {"/node.pem", "/node.key"})
    std::filesystem::copy_file(
      other.directory + name, own.directory + name,
      std::filesystem::copy_options::overwrite_existing);
  REQUIRE(!at.server->renew_tls());
  CHECK(ask(port, other).starts_with("HTTP/1.1 200"));
  before.send(health); // Goes on with what it had.
  CHECK(before.read_all().starts_with("HTTP/1.1 200"));
  // What cannot be used changes nothing.
  std::ofstream{own.files().key} << "no key";
  auto bad = at.server->renew_tls();
  CHECK(bad.code == errc::invalid);
  CHECK(has(bad.message, "node.key does not fit the certificate"));
  CHECK(ask(port, other).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a certificate or key that cannot be used is an error at the start",
          "[gateway][tls]")
{
  test_certificate own;
  test_certificate other;
  auto start = [](wire::tls_files files) {
    gateway::gateway_options opts;
    opts.port = 0;
    opts.tls = std::move(files);
    gateway::http_server server{std::make_shared<test::scripted_api>(), opts};
    return server.start().message;
  };
  auto files = own.files();
  CHECK(has(start({files.certificate, ""}), "TLS needs a certificate and its"));
  CHECK(has(start({"/nowhere.pem", files.key}), "/nowhere.pem cannot be used"));
  CHECK(has(start({files.certificate, other.files().key}), "does not fit"));
  CHECK(has(start({files.certificate, "/nowhere.key"}), "/nowhere.key"));
  CHECK(start(files).empty());
}
