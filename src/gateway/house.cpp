#include "gateway/house.hpp"

#include <algorithm>
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

core::instant utc_now() {
  return std::chrono::time_point_cast<core::duration>(
    std::chrono::system_clock::now());
}

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

void guest_entry::expires_at(core::instant then) {
  // A clock that is set meanwhile is noticed within that time.
  constexpr core::duration looked_at = std::chrono::minutes{1};
  if (then == core::no_instant || !who_)
    return;
  house_->by_token.insert(who_);
  auto left = then - utc_now();
  if (left <= core::duration::zero())
    return who_->expire();
  expiry_ = std::make_shared<boost::asio::steady_timer>(
    house_->io, std::min(left, looked_at));
  // The handler may wait in line already when the entry goes.
  expiry_->async_wait([this, then, here = std::weak_ptr{expiry_}](auto ec) {
    if (!ec && here.lock())
      expires_at(then);
  });
}

void guest_entry::leave() {
  expiry_.reset();
  if (!who_)
    return;
  house_->by_token.erase(who_);
  house_->guests.erase(std::exchange(who_, nullptr));
  house_->figures.left();
  if (house_->guests.empty() && house_->when_empty)
    house_->when_empty();
}

} // namespace troupe::gateway
