#include "wire/timed_stream.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>

namespace troupe::wire {

namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;
using plain_stream = boost::beast::basic_stream<stream_protocol>;

// Of one record of TLS.
constexpr size_t record_bytes_max = 16 * 1024;

struct secure_part {
  secure_part(plain_stream& over, tls_ptr with)
    : context(std::move(with)), stream(over, *context) {}

  const tls_ptr context;
  ssl::stream<plain_stream&> stream;
  std::string record; // Small pieces go out as one.
};

} // namespace

struct timed_stream::parts {
  explicit parts(asio::io_context& io) : plain(io) {}
  explicit parts(stream_socket socket) : plain(std::move(socket)) {}

  plain_stream plain;
  std::unique_ptr<secure_part> tls;
  bool secure = false; // The handshake is done.
};

timed_stream::timed_stream(asio::io_context& io)
  : parts_(std::make_unique<parts>(io)) {}

timed_stream::timed_stream(stream_socket socket)
  : parts_(std::make_unique<parts>(std::move(socket))) {}

timed_stream::~timed_stream() = default;
timed_stream::timed_stream(timed_stream&&) noexcept = default;
timed_stream& timed_stream::operator=(timed_stream&&) noexcept = default;

timed_stream::executor_type timed_stream::get_executor() noexcept {
  return parts_->plain.get_executor();
}

// -- deadlines

void timed_stream::expires_after(std::chrono::nanoseconds time) {
  parts_->plain.expires_after(
    std::chrono::duration_cast<asio::steady_timer::duration>(time));
}

void timed_stream::expires_never() {
  parts_->plain.expires_never();
}

// -- beginning

void timed_stream::connect(const stream_protocol::endpoint& to, ending then) {
  parts_->plain.async_connect(
    to, [then = std::move(then)](error_code ec) { then(ec); });
}

void timed_stream::accept_tls(tls_ptr with, ending then) {
  auto* all = parts_.get();
  all->tls = std::make_unique<secure_part>(all->plain, std::move(with));
  all->tls->stream.async_handshake(ssl::stream_base::server,
                                   [all, then = std::move(then)](auto ec) {
                                     all->secure = !ec;
                                     then(ec);
                                   });
}

void timed_stream::begin_tls(tls_ptr with, const std::string& name,
                             ending then) {
  auto* all = parts_.get();
  all->tls = std::make_unique<secure_part>(all->plain, std::move(with));
  auto* raw = all->tls->stream.native_handle();
  error_code no_address;
  asio::ip::make_address(name, no_address);
  auto set =
    no_address
      ? SSL_set_tlsext_host_name(raw, name.c_str()) == 1
          && SSL_set1_host(raw, name.c_str()) == 1
      : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(raw), name.c_str()) == 1;
  if (!set)
    return asio::post(get_executor(), [then = std::move(then)] {
      then(asio::error::invalid_argument);
    });
  all->tls->stream.async_handshake(ssl::stream_base::client,
                                   [all, then = std::move(then)](auto ec) {
                                     all->secure = !ec;
                                     then(ec);
                                   });
}

// -- what it is

bool timed_stream::is_open() const {
  return parts_ && parts_->plain.socket().is_open();
}

bool timed_stream::secure() const {
  return parts_ && parts_->secure;
}

std::string timed_stream::peer() const {
  error_code ec;
  auto from = parts_->plain.socket().remote_endpoint(ec);
  asio::ip::tcp::endpoint tcp;
  auto family = ec ? AF_UNIX : from.protocol().family();
  if ((family != AF_INET && family != AF_INET6) || from.size() > tcp.capacity())
    return {};
  std::memcpy(tcp.data(), from.data(), from.size());
  tcp.resize(from.size());
  return tcp.address().to_string();
}

// -- settings

void timed_stream::no_delay() {
  error_code ignored;
  parts_->plain.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

void timed_stream::send_buffer_size(size_t bytes) {
  error_code ignored;
  parts_->plain.socket().set_option(
    asio::socket_base::send_buffer_size(static_cast<int>(bytes)), ignored);
}

// -- transfer

void timed_stream::read_some(asio::mutable_buffer to, transfer_end then) {
  if (parts_->secure)
    parts_->tls->stream.async_read_some(to, std::move(then));
  else
    parts_->plain.async_read_some(to, std::move(then));
}

void timed_stream::write_some(std::vector<asio::const_buffer> from,
                              transfer_end then) {
  if (!parts_->secure)
    return parts_->plain.async_write_some(from, std::move(then));
  auto& tls = *parts_->tls;
  if (from.size() == 1)
    return tls.stream.async_write_some(from[0], std::move(then));
  // Each call makes a record of its own, so small pieces are put together.
  tls.record.clear();
  for (const auto& x : from)
    tls.record.append(static_cast<const char*>(x.data()),
                      std::min(x.size(), record_bytes_max - tls.record.size()));
  tls.stream.async_write_some(asio::buffer(tls.record), std::move(then));
}

// -- ending

void timed_stream::cancel() {
  if (parts_)
    parts_->plain.cancel();
}

void timed_stream::close() {
  if (!parts_)
    return;
  error_code ignored;
  parts_->plain.socket().close(ignored);
  parts_->plain.cancel();
}

void timed_stream::finish(ending then) {
  auto* all = parts_.get();
  auto half_close = [all, then = std::move(then)](error_code) {
    error_code ec;
    all->plain.socket().shutdown(stream_socket::shutdown_send, ec);
    then(ec);
  };
  if (!all->secure)
    return asio::post(get_executor(),
                      [half_close] { half_close(error_code{}); });
  all->tls->stream.async_shutdown(std::move(half_close));
}

void timed_stream::drain_some(asio::mutable_buffer scrap, transfer_end then) {
  parts_->plain.async_read_some(scrap, std::move(then));
}

// -- WebSockets

void beast_close_socket(timed_stream& stream) {
  stream.close();
}

void teardown(boost::beast::role_type, timed_stream& stream, error_code& ec) {
  ec = {};
  stream.close();
}

} // namespace troupe::wire
