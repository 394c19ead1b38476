#include "outbound/lookup.hpp"

#include <netdb.h>

#include <cstring>
#include <mutex>
#include <system_error>
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

// Not inlined: GCC 12 takes the move of a text this long for one beyond it.
[[gnu::noinline]] failure too_many() {
  failure out{errc::limit_reached, category::resource, {}};
  out.message = std::to_string(lookup::lookups_max);
  out.message += " names are being looked up already (lookups_max), because "
                 "the resolver of this machine does not answer; see what is "
                 "wrong with it, or give the address in place of the name";
  return out;
}

failure no_thread(const std::string& host, const char* why) {
  return {errc::limit_reached, category::resource,
          "the name " + host
            + " cannot be looked up, since the system has no thread for it: "
            + why + "; raise its limit of processes and threads"};
}

void tell(boost::asio::io_context& io, lookup::callback then,
          core::result<endpoints> found) {
  boost::asio::post(
    io, [then = std::move(then), found = std::move(found)]() mutable {
      then(std::move(found));
    });
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
  std::unique_lock guard{gate_->mutex};
  if (gate_->under_way >= lookups_max)
    return tell(*gate_->io, std::move(then), too_many());
  ++gate_->under_way;
  guard.unlock();
  auto look = [gate = gate_, host, port, then] {
    auto found = ask_system(host, port);
    std::lock_guard guard{gate->mutex};
    --gate->under_way;
    if (gate->io != nullptr)
      tell(*gate->io, then, std::move(found));
  };
  try {
    std::thread{std::move(look)}.detach();
  } catch (const std::system_error& why) {
    guard.lock();
    --gate_->under_way;
    tell(*gate_->io, std::move(then), no_thread(host, why.what()));
  }
}

} // namespace troupe::outbound
