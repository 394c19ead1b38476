#include "gateway/listener.hpp"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "gateway/session.hpp"

namespace troupe::gateway {

namespace {

using boost::system::error_code;
using asio_tcp = boost::asio::ip::tcp;
using asio_unix = boost::asio::local::stream_protocol;

// Where the process has no file descriptor left, one may come free.
constexpr std::chrono::milliseconds accept_pause{100};

failure wrong(std::string what) {
  return {errc::invalid, category::validation, std::move(what)};
}

bool somebody_answers(const asio_unix::endpoint& at) {
  boost::asio::io_context io;
  asio_unix::socket probe{io};
  error_code ec;
  probe.connect(at, ec);
  return !ec;
}

// A node that was killed leaves its socket file behind.
failure make_room(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return {};
  if (!S_ISSOCK(found.st_mode))
    return wrong(path + " exists and is no socket; choose another path");
  if (somebody_answers(asio_unix::endpoint{path}))
    return {errc::store_locked, category::resource,
            "another node answers at " + path
              + "; stop it or choose another path"};
  ::unlink(path.c_str());
  return {};
}

// There is no room for this one; say so if it can be said at once.
void turn_away(stream_socket socket) {
  static constexpr std::string_view words =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "Content-Type: application/problem+json\r\n"
    "Retry-After: 1\r\nConnection: close\r\nContent-Length: 167\r\n\r\n"
    R"({"type":"urn:troupe:problem:overloaded","title":"too many )"
    R"(connections","status":503,"detail":"connections_max is reached; )"
    R"(close some","code":"overloaded"})";
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.send(boost::asio::buffer(words), 0, ignored);
}

} // namespace

listener::listener(house_ptr in)
  : house_(std::move(in)), acceptor_(house_->io), pause_(house_->io) {}

listener::~listener() {
  close();
}

core::result<std::shared_ptr<listener>> listener::on_tcp(house_ptr in) {
  const auto& opts = in->opts;
  auto name = opts.listen == "localhost" ? "127.0.0.1" : opts.listen;
  error_code ec;
  auto address = boost::asio::ip::make_address(name, ec);
  if (ec)
    return wrong("`" + name + "` is no address; use 127.0.0.1");
  std::shared_ptr<listener> out{new listener{in}};
  auto shown = name + ":" + std::to_string(opts.port);
  if (auto bad = out->listen(asio_tcp::endpoint{address, opts.port}, shown))
    return bad;
  return out;
}

core::result<std::shared_ptr<listener>> listener::on_unix(house_ptr in) {
  auto path = in->opts.unix_socket;
  if (auto bad = make_room(path))
    return bad;
  std::shared_ptr<listener> out{new listener{in}};
  out->over_tcp_ = false;
  if (auto bad = out->listen(asio_unix::endpoint{path}, path))
    return bad;
  return out;
}

failure listener::listen(const stream_protocol::endpoint& at,
                         const std::string& name) {
  error_code ec;
  acceptor_.open(at.protocol(), ec);
  if (!ec && over_tcp_)
    acceptor_.set_option(boost::asio::socket_base::reuse_address(true), ec);
  if (!ec)
    acceptor_.bind(at, ec);
  // Before `listen` nobody can connect, so nobody comes in before this.
  if (!ec && !over_tcp_) {
    path_ = name;
    if (::chmod(name.c_str(), S_IRUSR | S_IWUSR) != 0)
      ec = error_code{errno, boost::system::system_category()};
  }
  if (!ec)
    acceptor_.listen(boost::asio::socket_base::max_listen_connections, ec);
  if (ec)
    return wrong("the gateway cannot listen at " + name + ": " + ec.message()
                 + "; is another node running?");
  return {};
}

void listener::start() {
  acceptor_.async_accept(
    [self = shared_from_this()](error_code ec, stream_socket socket) {
      self->on_accepted(ec, std::move(socket));
    });
}

void listener::on_accepted(error_code ec, stream_socket socket) {
  if (!acceptor_.is_open())
    return;
  if (ec) {
    pause_.expires_after(accept_pause);
    pause_.async_wait([self = shared_from_this()](error_code stopped) {
      if (!stopped)
        self->start();
    });
    return;
  }
  if (house_->guests.size() >= house_->opts.connections_max) {
    turn_away(std::move(socket));
  } else {
    error_code ignored;
    if (over_tcp_)
      socket.set_option(asio_tcp::no_delay(true), ignored);
    std::make_shared<session>(house_, std::move(socket), over_tcp_)->start();
  }
  start();
}

void listener::close() {
  error_code ignored;
  pause_.cancel(ignored);
  acceptor_.close(ignored);
  if (!path_.empty())
    ::unlink(path_.c_str());
  path_.clear();
}

uint16_t listener::port() const {
  error_code ec;
  auto at = acceptor_.local_endpoint(ec);
  asio_tcp::endpoint tcp;
  if (ec || !over_tcp_ || at.size() > tcp.capacity())
    return 0;
  std::memcpy(tcp.data(), at.data(), at.size());
  tcp.resize(at.size());
  return tcp.port();
}

} // namespace troupe::gateway
