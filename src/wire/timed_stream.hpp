#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/role.hpp>

#include "wire/tls.hpp"

namespace troupe::wire {

/// TCP and Unix sockets alike.
using stream_protocol = boost::asio::generic::stream_protocol;
using stream_socket = stream_protocol::socket;

/// What is called at the end of a read or a write; any callable, also one that
/// cannot be copied.
class transfer_end {
public:
  using error_code = boost::system::error_code;

  template <class F>
  explicit transfer_end(F f) : held_(std::make_unique<any<F>>(std::move(f))) {}

  void operator()(error_code ec, size_t bytes) {
    std::exchange(held_, nullptr)->call(ec, bytes);
  }

private:
  struct base {
    virtual ~base() = default;
    virtual void call(error_code ec, size_t bytes) = 0;
  };
  template <class F>
  struct any : base {
    explicit any(F with) : f(std::move(with)) {}
    void call(error_code ec, size_t bytes) override { f(ec, bytes); }
    F f;
  };
  std::unique_ptr<base> held_;
};

/// A connection with deadlines, plain or TLS. An AsyncStream as Beast
/// understands it, so that Beast's free functions work over it. What is under
/// way when a deadline comes fails with `beast::error::timeout`, and the
/// connection is closed. Of one thread.
class timed_stream {
public:
  using executor_type = stream_socket::executor_type;
  using error_code = boost::system::error_code;
  using ending = std::function<void(error_code)>;

  /// To be connected.
  explicit timed_stream(boost::asio::io_context& io);
  /// Connected.
  explicit timed_stream(stream_socket socket);
  ~timed_stream();
  /// REQUIRES: nothing is under way.
  timed_stream(timed_stream&&) noexcept;
  timed_stream& operator=(timed_stream&&) noexcept;

  executor_type get_executor() noexcept;

  // -- deadlines of what begins after this

  void expires_after(std::chrono::nanoseconds time);
  void expires_never();

  // -- beginning

  void connect(const stream_protocol::endpoint& to, ending then);
  /// Becomes TLS. If that fails, it is plain.
  void accept_tls(tls_ptr with, ending then);
  /// The same from the other side: `name` is what the certificate must name.
  void begin_tls(tls_ptr with, const std::string& name, ending then);

  // -- what it is

  bool is_open() const;
  bool secure() const;
  /// The other side's address without its port; empty for a Unix socket.
  std::string peer() const;

  // -- settings; errors are ignored

  void no_delay();
  void send_buffer_size(size_t bytes);

  // -- transfer

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& to, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, size_t)>(
      [this](auto handler, const Buffers& buffers) {
        read_some(first_of(buffers), transfer_end{std::move(handler)});
      },
      token, to);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, size_t)>(
      [this](auto handler, const Buffers& buffers) {
        write_some(some_of(buffers), transfer_end{std::move(handler)});
      },
      token, from);
  }

  // -- ending

  /// What is under way fails.
  void cancel();
  /// At once.
  void close();
  /// Tells the other side that nothing more comes; what it sends can still be
  /// taken with `drain_some`.
  void finish(ending then);
  /// Reads what nobody wants, as it comes: of TLS, the bytes of the wire.
  void drain_some(boost::asio::mutable_buffer scrap, transfer_end then);

private:
  struct parts;

  /// So many pieces are sent with one call; asio takes no more either.
  static constexpr size_t pieces_max = 16;

  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& all) {
    auto end = boost::asio::buffer_sequence_end(all);
    for (auto x = boost::asio::buffer_sequence_begin(all); x != end; ++x)
      if (boost::asio::mutable_buffer part{*x}; part.size() > 0)
        return part;
    return {};
  }

  template <class Buffers>
  static std::vector<boost::asio::const_buffer> some_of(const Buffers& all) {
    std::vector<boost::asio::const_buffer> out;
    auto end = boost::asio::buffer_sequence_end(all);
    for (auto x = boost::asio::buffer_sequence_begin(all);
         x != end && out.size() < pieces_max; ++x)
      if (boost::asio::const_buffer part{*x}; part.size() > 0)
        out.push_back(part);
    return out;
  }

  void read_some(boost::asio::mutable_buffer to, transfer_end then);
  void write_some(std::vector<boost::asio::const_buffer> from,
                  transfer_end then);

  std::unique_ptr<parts> parts_;
};

// -- how Beast's WebSockets end a connection

void beast_close_socket(timed_stream& stream);
void teardown(boost::beast::role_type role, timed_stream& stream,
              boost::system::error_code& ec);

template <class Handler>
void async_teardown(boost::beast::role_type, timed_stream& stream,
                    Handler&& handler) {
  auto end =
    std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
  stream.finish([end](boost::system::error_code ec) { (*end)(ec); });
}

} // namespace troupe::wire
