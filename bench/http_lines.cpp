#include "http_lines.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "bench.hpp"

namespace troupe::bench {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using error_code = boost::beast::error_code;

constexpr size_t answer_bytes_max = 64u << 20;

void must_be(error_code ec, const char* what) {
  if (ec)
    throw std::runtime_error(std::string{what} + ": " + ec.message());
}

} // namespace

struct http_lines::parts {
  struct line {
    explicit line(asio::io_context& io) : socket(io) {}
    tcp::socket socket;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    std::optional<http::response_parser<http::string_body>> parser;
    uint64_t number = 0;
    steady::time_point begin;
  };

  asio::io_context io{1};
  std::vector<std::unique_ptr<line>> lines;
  std::string host;
  maker make;
  taker take;
  uint64_t next = 0;
  uint64_t end = 0;

  void send(line& on) {
    if (next == end)
      return;
    on.number = next++;
    auto what = make(on.number);
    auto& out = on.request;
    out = {http::string_to_verb(what.method), what.target, 11};
    out.set(http::field::host, host);
    if (what.waits)
      out.set("Prefer", "wait");
    if (!what.body.empty()) {
      out.set(http::field::content_type, "application/json");
      out.body() = std::move(what.body);
    }
    out.prepare_payload();
    on.begin = steady::now();
    http::async_write(on.socket, out, [this, &on](error_code ec, size_t) {
      must_be(ec, "cannot send");
      read(on);
    });
  }

  void read(line& on) {
    on.parser.emplace();
    on.parser->body_limit(answer_bytes_max);
    http::async_read(on.socket, on.buffer, *on.parser,
                     [this, &on](error_code ec, size_t) {
                       must_be(ec, "cannot read the answer");
                       arrived(on);
                     });
  }

  void arrived(line& on) {
    auto& got = on.parser->get();
    http_answer x{got.result_int(), std::move(got.body()),
                  seconds_since(on.begin) * 1000};
    if (x.status / 100 != 2)
      throw std::runtime_error("the node answered " + std::to_string(x.status)
                               + ": " + x.body.substr(0, 300));
    take(on.number, std::move(x));
    send(on);
  }
};

http_lines::http_lines(uint16_t port, size_t connections)
  : parts_(std::make_unique<parts>()) {
  parts_->host = "127.0.0.1:" + std::to_string(port);
  tcp::endpoint node{asio::ip::address_v4::loopback(), port};
  for (size_t i = 0; i < connections; ++i) {
    auto& on =
      parts_->lines.emplace_back(std::make_unique<parts::line>(parts_->io));
    on->socket.connect(node);
    on->socket.set_option(tcp::no_delay(true));
  }
}

http_lines::~http_lines() = default;

void http_lines::run(uint64_t n, maker make, taker take) {
  auto& p = *parts_;
  p.make = std::move(make);
  p.take = std::move(take);
  p.next = 0;
  p.end = n;
  for (auto& on : p.lines)
    p.send(*on);
  p.io.restart();
  p.io.run();
}

http_answer http_lines::ask(http_call what) {
  http_answer got;
  run(
    1, [&what](uint64_t) { return what; },
    [&got](uint64_t, http_answer x) { got = std::move(x); });
  return got;
}

} // namespace troupe::bench
