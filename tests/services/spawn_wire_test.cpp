#include "services/spawn_wire.hpp"

#include <catch2/catch.hpp>

#include <sys/socket.h>

#include <string>

using namespace troupe;
using namespace troupe::services;

namespace {

spawn_message order() {
  spawn_message m;
  m.what = spawn_word::start;
  m.id = 42;
  m.spec.command = {"a", "", "c d"};
  m.spec.directory = "/x";
  m.spec.environment = {{"A", "1"}, {"B", ""}};
  m.spec.clean = true;
  m.spec.limits = {1, 2, 3, 4};
  return m;
}

} // namespace

TEST_CASE("a message is the same on the other side", "[services]")
{
  CHECK(decode(encode(order())) == order());
  spawn_message gone;
  gone.id = 7;
  gone.end = {end_kind::signalled, 9};
  gone.text = "exec";
  CHECK(decode(encode(gone)) == gone);
}

TEST_CASE("a message that was cut or grew is none", "[services]")
{
  auto bytes = encode(order());
  for (size_t n = 0; n < bytes.size(); ++n)
    CHECK(!decode(std::string_view{bytes}.substr(0, n)));
  CHECK(!decode(bytes + "x"));
  bytes[0] = 99;
  CHECK(!decode(bytes));
}

TEST_CASE("a packet takes its descriptors along", "[services]")
{
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  descriptor a{ends[0]}, b{ends[1]};
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  descriptor reads{pipe_ends[0]};
  std::vector<descriptor> sent;
  sent.emplace_back(pipe_ends[1]);
  spawn_packet packet;
  CHECK(receive_packet(b.get(), packet) == received::nothing);
  REQUIRE(send_packet(a.get(), encode(order()), sent, 0) == 0);
  REQUIRE(receive_packet(b.get(), packet) == received::packet);
  CHECK(packet.message == order());
  REQUIRE(packet.descriptors.size() == 1);
  CHECK(::write(packet.descriptors[0].get(), "x", 1) == 1);
  char c = 0;
  CHECK(::read(reads.get(), &c, 1) == 1);
  a.close();
  CHECK(receive_packet(b.get(), packet) == received::end);
}

TEST_CASE("what cannot be started is found before it is sent", "[services]")
{
  spawn_spec spec;
  CHECK(problem(spec).code == errc::invalid);
  spec.command = {"true"};
  CHECK(!problem(spec));
  spec.command.push_back(std::string("a\0b", 3));
  CHECK(problem(spec).code == errc::invalid);
  spec.command.back() = std::string(spawn_bytes_max, 'x');
  CHECK(problem(spec).code == errc::limit_reached);
  CHECK(problem(spec).message.find("spawn_bytes_max") != std::string::npos);
  spec.command.pop_back();
  spec.environment = {{"A=B", "c"}};
  CHECK(problem(spec).code == errc::invalid);
}

TEST_CASE("the largest allowed command fits into a packet", "[services]")
{
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
  descriptor a{ends[0]}, b{ends[1]};
  auto m = order();
  m.spec.command = {"true", std::string(spawn_bytes_max - 100, 'x')};
  REQUIRE(!problem(m.spec));
  REQUIRE(send_packet(a.get(), encode(m), {}, MSG_DONTWAIT) == 0);
  spawn_packet packet;
  REQUIRE(receive_packet(b.get(), packet) == received::packet);
  CHECK((packet.message == m));
}
