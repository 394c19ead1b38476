#include "gateway/outbox.hpp"

#include <algorithm>
#include <utility>

#include "gateway/house.hpp"

namespace troupe::gateway {

outbox::outbox(const std::shared_ptr<house>& in, writer how,
               std::function<void()> wake)
  : house_(in), bytes_max_(in->opts.stream_buffer_bytes_max), write_(how),
    wake_(std::move(wake)) {}

bool outbox::put(uint32_t channel, const core::watch_event& event) {
  auto more = !event.last;
  {
    std::lock_guard guard{mutex_};
    if (shut_)
      return false;
    auto size = event.json.size() + event.cursor.size();
    if (owed_bytes_ + size > bytes_max_) {
      shut_ = fell_behind_ = true;
      more = false;
    } else {
      owed_bytes_ += size;
      auto& to = parcel_of(channel);
      write_(to, event);
      to.owed_bytes += size;
      to.events += event.json.empty() ? 0 : 1;
      to.last = to.last || event.last;
      if (!event.cursor.empty())
        to.cursor = event.cursor;
    }
    // One that has fallen behind is told so even if it has not taken yet.
    if (std::exchange(woken_, true) && !shut_)
      return more;
  }
  auto in = house_.lock();
  auto open = in && in->post([me = shared_from_this()] { me->wake_(); });
  return open && more;
}

outbox::parcel& outbox::parcel_of(uint32_t channel) {
  for (auto x = parcels_.rbegin(); x != parcels_.rend(); ++x)
    if (x->channel == channel)
      return *x;
  parcels_.emplace_back();
  parcels_.back().channel = channel;
  return parcels_.back();
}

std::vector<outbox::parcel> outbox::take() {
  std::lock_guard guard{mutex_};
  woken_ = false;
  return std::exchange(parcels_, {});
}

void outbox::paid(size_t bytes) {
  std::vector<std::function<void()>> calls;
  {
    std::lock_guard guard{mutex_};
    owed_bytes_ -= std::min(bytes, owed_bytes_);
    if (owed_bytes_ <= bytes_max_ / 4)
      calls.swap(when_room_);
  }
  for (auto& call : calls)
    call();
}

void outbox::shut() {
  std::vector<std::function<void()>> dropped;
  std::lock_guard guard{mutex_};
  shut_ = true;
  dropped.swap(when_room_);
}

bool outbox::fell_behind() {
  std::lock_guard guard{mutex_};
  return fell_behind_;
}

bool outbox::is_over() {
  std::lock_guard guard{mutex_};
  return fell_behind_ && parcels_.empty();
}

bool outbox::has_room(std::function<void()> then) {
  std::lock_guard guard{mutex_};
  if (owed_bytes_ <= bytes_max_ / 2)
    return true;
  if (!shut_)
    when_room_.push_back(std::move(then));
  return false;
}

} // namespace troupe::gateway
