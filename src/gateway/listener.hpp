#pragma once

#include <memory>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/result.hpp"
#include "gateway/house.hpp"

namespace troupe::gateway {

/// Accepts connections at one address, until closed.
class listener : public std::enable_shared_from_this<listener> {
public:
  static core::result<std::shared_ptr<listener>> on_tcp(house_ptr in);

  /// Takes over the path where nobody answers at it any more.
  static core::result<std::shared_ptr<listener>> on_unix(house_ptr in);

  ~listener();

  void start();
  void close();
  uint16_t port() const;

private:
  using acceptor = boost::asio::basic_socket_acceptor<stream_protocol>;

  explicit listener(house_ptr in);
  failure listen(const stream_protocol::endpoint& at, const std::string& name);
  void on_accepted(boost::system::error_code ec, stream_socket socket);

  const house_ptr house_;
  acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::string path_; // Of the Unix socket; removed at the end.
  bool over_tcp_ = true;
};

} // namespace troupe::gateway
