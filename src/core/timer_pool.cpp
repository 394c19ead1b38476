#include "core/timer_pool.hpp"

#include <algorithm>
#include <cassert>

namespace troupe::core {

uint32_t timer_pool::take() {
  auto id = room_ != none ? room_ : open_block();
  auto& b = *blocks_[id];
  auto place = b.free;
  b.free = b.entries[place].next;
  if (b.used++ == 0)
    --empty_;
  if (b.used == block_size)
    unlink(id);
  return id * block_size + place;
}

void timer_pool::give(uint32_t index) {
  auto id = index / block_size;
  auto& b = *blocks_[id];
  auto place = index % block_size;
  assert(b.used > 0);
  b.entries[place].serial = 0;
  b.entries[place].next = b.free;
  b.free = place;
  if (b.used-- == block_size)
    link(id);
  if (b.used > 0)
    return;
  // One empty block stays, so that a timer that comes and goes costs nothing.
  if (++empty_ > 1)
    close_block(id);
}

timer_entry* timer_pool::find(uint32_t index, uint32_t serial) {
  auto id = index / block_size;
  if (serial == 0 || id >= blocks_.size() || !blocks_[id])
    return nullptr;
  auto& entry = (*this)[index];
  return entry.serial == serial ? &entry : nullptr;
}

size_t timer_pool::memory_bytes() const {
  return blocks_made_ * sizeof(block)
         + blocks_.capacity() * sizeof(blocks_.front());
}

uint32_t timer_pool::open_block() {
  while (hole_ < blocks_.size() && blocks_[hole_])
    ++hole_;
  if (hole_ == blocks_.size())
    blocks_.emplace_back();
  auto id = hole_++;
  auto& b = *(blocks_[id] = std::make_unique<block>());
  for (uint32_t i = 0; i < block_size; ++i)
    b.entries[i].next = i + 1;
  ++blocks_made_;
  ++empty_;
  link(id);
  return id;
}

void timer_pool::close_block(uint32_t id) {
  unlink(id);
  blocks_[id].reset();
  --blocks_made_;
  --empty_;
  hole_ = std::min(hole_, id);
  while (!blocks_.empty() && !blocks_.back())
    blocks_.pop_back();
  hole_ = std::min(hole_, static_cast<uint32_t>(blocks_.size()));
  if (blocks_.capacity() > 64 && blocks_.capacity() > 4 * blocks_.size())
    blocks_.shrink_to_fit();
}

void timer_pool::link(uint32_t id) {
  auto& b = *blocks_[id];
  b.prev = none;
  b.next = room_;
  if (room_ != none)
    blocks_[room_]->prev = id;
  room_ = id;
}

void timer_pool::unlink(uint32_t id) {
  auto& b = *blocks_[id];
  (b.prev == none ? room_ : blocks_[b.prev]->next) = b.next;
  if (b.next != none)
    blocks_[b.next]->prev = b.prev;
}

} // namespace troupe::core
