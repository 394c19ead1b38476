#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>

#include "gateway/raw_client.hpp"

using namespace troupe;
using test::served;

namespace {

// A directory of its own for each test.
struct scratch {
  scratch() {
    char name[] = "/tmp/troupe-gateway-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path = name;
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return path + "/" + name; }
  std::string path;
};

gateway::gateway_options on_socket(const std::string& path) {
  gateway::gateway_options opts;
  opts.unix_socket = path;
  opts.port = 0;
  return opts;
}

failure start(gateway::gateway_options opts) {
  gateway::http_server server{std::make_shared<test::scripted_api>(), opts};
  return server.start();
}

const std::string health = "GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n";

} // namespace

TEST_CASE("a Unix socket is for its owner only and goes with the server",
          "[gateway]")
{
  scratch dir;
  auto path = dir.file("node.sock");
  {
    served at{on_socket(path)};
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    test::raw_client client{path};
    client.send(health);
    CHECK(client.read().status == 200);
  }
  CHECK(!std::filesystem::exists(path));
}

TEST_CASE("a socket that a dead node left behind is taken over", "[gateway]")
{
  scratch dir;
  auto path = dir.file("node.sock");
  {
    boost::asio::io_context io;
    using local = boost::asio::local::stream_protocol;
    local::acceptor dead{io, local::endpoint{path}};
  }
  REQUIRE(std::filesystem::exists(path));
  served at{on_socket(path)};
  test::raw_client client{path};
  client.send(health);
  CHECK(client.read().status == 200);
}

TEST_CASE("a living node's socket and other files are left alone", "[gateway]")
{
  scratch dir;
  served at{on_socket(dir.file("node.sock"))};
  auto twice = start(on_socket(dir.file("node.sock")));
  CHECK(twice.code == errc::store_locked);
  CHECK(twice.message.find("another node answers") != std::string::npos);
  std::ofstream{dir.file("notes")} << "mine";
  CHECK(start(on_socket(dir.file("notes"))).code == errc::invalid);
  CHECK(std::filesystem::file_size(dir.file("notes")) == 4);
}

TEST_CASE("a port in use is an error with a hint", "[gateway]")
{
  served at;
  gateway::gateway_options opts;
  opts.port = at.server->port();
  auto bad = start(opts);
  CHECK(bad.code == errc::invalid);
  CHECK(bad.message.find("is another node running?") != std::string::npos);
}

TEST_CASE("nothing listens beyond this machine", "[gateway]")
{
  for (auto address : {"0.0.0.0", "::", "192.168.1.5", "example.com", "*"}) {
    gateway::gateway_options opts;
    opts.listen = address;
    opts.port = 0;
    auto bad = start(opts);
    INFO(address);
    CHECK(bad.code == errc::invalid);
    CHECK(bad.message.find("needs TLS and a login") != std::string::npos);
  }
  gateway::gateway_options opts;
  opts.listen = "::1";
  opts.port = 0;
  CHECK(problems(opts).empty());
}

TEST_CASE("impossible limits are all reported at once", "[gateway]")
{
  gateway::gateway_options opts;
  opts.listen.clear();
  opts.streams_max = 0;
  opts.bodies_bytes_max = 1;
  opts.idle_timeout = std::chrono::milliseconds{0};
  CHECK(problems(opts).size() == 4);
}
