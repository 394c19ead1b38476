#include "gateway/raw_client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <catch2/catch.hpp>

namespace troupe::test {

namespace {

namespace asio = boost::asio;
using error_code = boost::system::error_code;

} // namespace

std::string raw_reply::header(const std::string& name) const {
  size_t from = 0;
  while (from < head.size()) {
    auto end = head.find("\r\n", from);
    auto line = head.substr(from, end - from);
    auto colon = line.find(": ");
    if (colon != std::string::npos
        && boost::beast::iequals(line.substr(0, colon), name))
      return line.substr(colon + 2);
    if (end == std::string::npos)
      break;
    from = end + 2;
  }
  return {};
}

raw_client::raw_client(uint16_t port) : socket_(io_) {
  socket_.connect(
    asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), port});
}

raw_client::raw_client(const std::string& unix_path) : socket_(io_) {
  socket_.connect(asio::local::stream_protocol::endpoint{unix_path});
}

void raw_client::send(const std::string& bytes) {
  error_code ignored;
  asio::write(socket_, asio::buffer(bytes), ignored);
}

bool raw_client::fill() {
  char part[4096];
  error_code ec;
  auto n = socket_.read_some(asio::buffer(part), ec);
  buffer_.append(part, n);
  return !ec;
}

raw_reply raw_client::read(bool head) {
  raw_reply out;
  out.head = read_until("\r\n\r\n");
  if (out.head.size() < 12)
    return out;
  out.status = static_cast<unsigned>(std::stoul(out.head.substr(9, 3)));
  auto length = out.header("Content-Length");
  if (head || length.empty())
    return out;
  while (buffer_.size() < std::stoul(length) && fill())
    ;
  out.body = take(std::stoul(length));
  return out;
}

void raw_client::shut_down_sending() {
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

served::served(gateway::gateway_options opts) {
  opts.port = 0;
  server = std::make_unique<gateway::http_server>(api, opts);
  auto bad = server->start();
  INFO(bad.message);
  REQUIRE(!bad);
}

raw_reply served::ask(const std::string& bytes) const {
  auto client = connect();
  client.send(bytes);
  return client.read(bytes.starts_with("HEAD"));
}

raw_reply served::get(const std::string& target) const {
  return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

raw_reply served::post(const std::string& target, const std::string& body,
                       const std::string& headers) const {
  return ask("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers
             + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n"
             + body);
}

} // namespace troupe::test
