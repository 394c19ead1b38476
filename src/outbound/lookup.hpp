#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "core/result.hpp"

namespace troupe::outbound {

using endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// Looks names up, each on a thread of its own: the system's resolver may take
/// as long as it likes, and nobody can stop it. A look-up that hangs outlives
/// this and its answer is dropped.
class lookup {
public:
  /// At a time; beyond it a look-up fails.
  static constexpr size_t lookups_max = 16;

  explicit lookup(boost::asio::io_context& io);
  ~lookup();

  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

  using callback = std::function<void(core::result<endpoints>)>;
  /// On the thread of `io`, where `then` is called, too; a failure never within
  /// the call, since who is told may begin the next.
  void find(const std::string& host, uint16_t port, callback then);

private:
  struct gate;
  std::shared_ptr<gate> gate_;
};

} // namespace troupe::outbound
