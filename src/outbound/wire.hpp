#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include "outbound/lookup.hpp"

namespace boost::asio::ssl {
class context;
}

namespace troupe::outbound {

/// A connection to somebody, plain or TLS. Handlers are called on the thread of
/// `io`, never from within the call.
class wire {
public:
  using error_code = boost::system::error_code;
  using handler = std::function<void(error_code, size_t)>;

  virtual ~wire() = default;

  /// Connects to the first that answers, and shakes hands where it is TLS.
  virtual void connect(const endpoints& to, handler then) = 0;
  virtual void write(boost::asio::const_buffer what, handler then) = 0;
  virtual void read_some(boost::asio::mutable_buffer to, handler then) = 0;
  /// What is under way ends with an error.
  virtual void close() = 0;
};

std::unique_ptr<wire> plain_wire(boost::asio::io_context& io);

/// The certificate must be of `host` and signed by whom `trust` trusts.
std::unique_ptr<wire> tls_wire(boost::asio::io_context& io,
                               boost::asio::ssl::context& trust,
                               const std::string& host);

/// TLS 1.2 or newer, the system's certificates and those of `ca_file`.
/// Fails where the file cannot be used.
core::result<std::shared_ptr<boost::asio::ssl::context>>
make_trust(const std::string& ca_file);

/// For people: what OpenSSL or the system says.
std::string words_of(wire::error_code ec);

/// Whether it is about trust, which a retry does not mend.
bool is_distrust(wire::error_code ec);

} // namespace troupe::outbound
