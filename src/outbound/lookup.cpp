#include "outbound/lookup.hpp"

#include <netdb.h>

#include <mutex>
#include <thread>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

namespace troupe::outbound {

using boost::asio::ip::tcp;

struct lookup::gate {
  std::mutex mutex;
  boost::asio::io_context* io = nullptr; // Null: nobody waits any more.
  size_t under_way = 0;
};

namespace {

core::result<endpoints> ask_system(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  auto code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0)
    return failure{errc::agent_failed, category::network,
                   "the name " + host
                     + " cannot be looked up: " + ::gai_strerror(code)};
  endpoints out;
  for (auto* x = found; x != nullptr; x = x->ai_next) {
    tcp::endpoint one;
    if (x->ai_addrlen > one.capacity())
      continue;
    std::memcpy(one.data(), x->ai_addr, x->ai_addrlen);
    one.resize(x->ai_addrlen);
    one.port(port);
    out.push_back(one);
  }
  ::freeaddrinfo(found);
  return out;
}

} // namespace

lookup::lookup(boost::asio::io_context& io) : gate_(std::make_shared<gate>()) {
  gate_->io = &io;
}

lookup::~lookup() {
  std::lock_guard guard{gate_->mutex};
  gate_->io = nullptr;
}

void lookup::find(const std::string& host, uint16_t port, callback then) {
  boost::system::error_code no_address;
  auto address = boost::asio::ip::make_address(host, no_address);
  if (!no_address)
    return then(endpoints{tcp::endpoint{address, port}});
  {
    std::lock_guard guard{gate_->mutex};
    if (gate_->under_way >= lookups_max)
      return then(failure{errc::limit_reached, category::resource,
                          "too many names are looked up at a time "
                          "(lookups_max); the resolver of this machine does "
                          "not answer"});
    ++gate_->under_way;
  }
  std::thread{[gate = gate_, host, port, then = std::move(then)]() mutable {
    auto found = ask_system(host, port);
    std::lock_guard guard{gate->mutex};
    --gate->under_way;
    if (gate->io != nullptr)
      boost::asio::post(*gate->io, [then = std::move(then),
                                    found = std::move(found)]() mutable {
        then(std::move(found));
      });
  }}.detach();
}

} // namespace troupe::outbound
