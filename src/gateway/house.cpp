#include "gateway/house.hpp"

#include <cstdio>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>

#include "gateway/mcp_door.hpp"

namespace troupe::gateway {

namespace {

// Tells the requests of one start of a node from those of another.
std::string random_prefix() {
  std::random_device source;
  char text[16];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(source()));
  return text;
}

} // namespace

house::house(std::shared_ptr<core::api> to, gateway_options with)
  : api(std::move(to)), opts(std::move(with)),
    keeper(opts), names{opts.names, !loopback_address(opts.listen)},
    request_prefix_(random_prefix()) {}

house::~house() = default;

bool house::post(std::function<void()> work) {
  std::lock_guard guard{gate_};
  if (open_)
    boost::asio::post(io, std::move(work));
  return open_;
}

void house::shut() {
  std::lock_guard guard{gate_};
  open_ = false;
}

std::string house::next_request_id() {
  return request_prefix_ + "-" + std::to_string(++last_request_);
}

guest_entry::guest_entry(house_ptr in, guest* who)
  : house_(std::move(in)), who_(who) {
  house_->guests.insert(who_);
  house_->figures.came();
}

guest_entry::~guest_entry() {
  leave();
}

void guest_entry::leave() {
  if (!who_)
    return;
  house_->guests.erase(std::exchange(who_, nullptr));
  house_->figures.left();
  if (house_->guests.empty() && house_->when_empty)
    house_->when_empty();
}

} // namespace troupe::gateway
