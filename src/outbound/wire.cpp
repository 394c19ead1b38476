#include "outbound/wire.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace troupe::outbound {

namespace {

using boost::asio::ip::tcp;
namespace ssl = boost::asio::ssl;

class plain : public wire {
public:
  explicit plain(boost::asio::io_context& io) : socket_(io) {}

  void connect(const endpoints& to, handler then) override {
    boost::asio::async_connect(
      socket_, to,
      [then = std::move(then)](error_code ec, const tcp::endpoint&) {
        then(ec, 0);
      });
  }
  void write(boost::asio::const_buffer what, handler then) override {
    boost::asio::async_write(socket_, what, std::move(then));
  }
  void read_some(boost::asio::mutable_buffer to, handler then) override {
    socket_.async_read_some(to, std::move(then));
  }
  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }

private:
  tcp::socket socket_;
};

class tls : public wire {
public:
  tls(boost::asio::io_context& io, ssl::context& trust, const std::string& host)
    : stream_(io, trust) {
    stream_.set_verify_mode(ssl::verify_peer);
    stream_.set_verify_callback(ssl::host_name_verification{host});
    // The server may have a certificate for each of its names.
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    if (no_address)
      SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
  }

  void connect(const endpoints& to, handler then) override {
    boost::asio::async_connect(
      stream_.next_layer(), to,
      [this, then = std::move(then)](error_code ec, const tcp::endpoint&) {
        if (ec)
          return then(ec, 0);
        stream_.async_handshake(ssl::stream_base::client,
                                [then](error_code failed) { then(failed, 0); });
      });
  }
  void write(boost::asio::const_buffer what, handler then) override {
    boost::asio::async_write(stream_, what, std::move(then));
  }
  void read_some(boost::asio::mutable_buffer to, handler then) override {
    stream_.async_read_some(to, std::move(then));
  }
  void close() override {
    error_code ignored;
    stream_.next_layer().close(ignored);
  }

private:
  ssl::stream<tcp::socket> stream_;
};

} // namespace

std::unique_ptr<wire> plain_wire(boost::asio::io_context& io) {
  return std::make_unique<plain>(io);
}

std::unique_ptr<wire> tls_wire(boost::asio::io_context& io, ssl::context& trust,
                               const std::string& host) {
  return std::make_unique<tls>(io, trust, host);
}

core::result<std::shared_ptr<ssl::context>>
make_trust(const std::string& ca_file) {
  auto out = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(out->native_handle(), TLS1_2_VERSION);
  boost::system::error_code ec; // Without any, nobody is trusted.
  out->set_default_verify_paths(ec);
  ec = {};
  if (!ca_file.empty())
    out->load_verify_file(ca_file, ec);
  if (ec)
    return failure{errc::invalid, category::validation,
                   "the certificates in " + ca_file
                     + " cannot be used: " + ec.message()
                     + "; name a readable PEM file (outbound.ca_file)"};
  return out;
}

std::string words_of(wire::error_code ec) {
  return ec == boost::asio::error::eof ? "the connection was closed"
                                       : ec.message();
}

bool is_distrust(wire::error_code ec) {
  return ec.category() == boost::asio::error::get_ssl_category();
}

} // namespace troupe::outbound
