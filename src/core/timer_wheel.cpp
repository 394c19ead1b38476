#include "core/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace troupe::core {

namespace {

/// In `prev` of a slot's first entry: the slot instead of an entry.
constexpr uint32_t head_bit = 1u << 31;

constexpr uint64_t tick_max = (uint64_t{1} << 48) - 1;

} // namespace

timer_wheel::timer_wheel() {
  heads_.fill(timer_pool::none);
}

timer_handle timer_wheel::arm(uint64_t value, uint32_t number, instant due) {
  if (size_ >= timers_max)
    return {};
  auto index = pool_.take();
  serial_ += serial_ == UINT32_MAX ? 2 : 1; // Never 0.
  auto& entry = pool_[index];
  entry.value = value;
  entry.due_us = to_us(due);
  entry.number = number;
  entry.serial = serial_;
  link(index);
  ++size_;
  return {index, serial_};
}

bool timer_wheel::cancel(timer_handle which) {
  auto entry = pool_.find(which.index, which.serial);
  if (!entry)
    return false;
  unlink(*entry);
  pool_.give(which.index);
  --size_;
  return true;
}

std::vector<due_timer> timer_wheel::advance(instant now) {
  std::vector<due_timer> out;
  auto us = std::max<int64_t>(to_us(now), 0);
  auto target = std::min(static_cast<uint64_t>(us) / 1000, tick_max);
  while (auto next = first()) {
    if (next->start > target)
      break;
    base_ = next->start;
    if (next->level == 0)
      fire(*next, out);
    else
      cascade(*next);
  }
  // Entries keep their places: all of them begin after `target`.
  base_ = std::max(base_, target);
  return out;
}

std::optional<instant> timer_wheel::next_due() const {
  auto next = first();
  if (!next)
    return std::nullopt;
  return from_us(static_cast<int64_t>(next->start) * 1000);
}

size_t timer_wheel::memory_bytes() const {
  return sizeof(*this) + pool_.memory_bytes();
}

uint64_t timer_wheel::tick_of(int64_t due_us) {
  if (due_us <= 0)
    return 0;
  auto us = static_cast<uint64_t>(due_us);
  return std::min((us + 999) / 1000, tick_max); // Up: never early.
}

std::optional<timer_wheel::place> timer_wheel::first() const {
  // What lies on a lower level is always before what lies on a higher one.
  for (uint32_t level = 0; level < levels; ++level) {
    if (used_[level] == 0)
      continue;
    auto slot = static_cast<uint32_t>(std::countr_zero(used_[level]));
    auto shift = level * level_bits;
    auto above = base_ >> shift >> level_bits;
    return place{level, slot, (above << level_bits | slot) << shift};
  }
  return std::nullopt;
}

void timer_wheel::link(uint32_t index) {
  auto& entry = pool_[index];
  auto tick = std::max(tick_of(entry.due_us), base_);
  auto differs = std::bit_width(tick ^ base_);
  auto level =
    differs == 0 ? 0 : static_cast<uint32_t>(differs - 1) / level_bits;
  auto slot = static_cast<uint32_t>(tick >> level * level_bits) % slots;
  auto head = level * slots + slot;
  entry.prev = head_bit | head;
  entry.next = heads_[head];
  if (entry.next != timer_pool::none)
    pool_[entry.next].prev = index;
  heads_[head] = index;
  used_[level] |= uint64_t{1} << slot;
}

void timer_wheel::unlink(const timer_entry& entry) {
  if (entry.next != timer_pool::none)
    pool_[entry.next].prev = entry.prev;
  if (!(entry.prev & head_bit)) {
    pool_[entry.prev].next = entry.next;
    return;
  }
  auto head = entry.prev & ~head_bit;
  heads_[head] = entry.next;
  if (entry.next == timer_pool::none)
    used_[head / slots] &= ~(uint64_t{1} << head % slots);
}

uint32_t timer_wheel::detach(const place& from) {
  used_[from.level] &= ~(uint64_t{1} << from.slot);
  return std::exchange(heads_[from.level * slots + from.slot],
                       timer_pool::none);
}

void timer_wheel::cascade(const place& from) {
  for (auto index = detach(from); index != timer_pool::none;) {
    auto next = pool_[index].next;
    link(index);
    index = next;
  }
}

void timer_wheel::fire(const place& from, std::vector<due_timer>& out) {
  std::vector<uint32_t> all;
  for (auto i = detach(from); i != timer_pool::none; i = pool_[i].next)
    all.push_back(i);
  std::sort(all.begin(), all.end(), [this](uint32_t a, uint32_t b) {
    const auto &x = pool_[a], &y = pool_[b];
    if (x.due_us != y.due_us)
      return x.due_us < y.due_us;
    // Serials wrap; what counts is which one is behind the other.
    return static_cast<int32_t>(x.serial - y.serial) < 0;
  });
  for (auto i : all) {
    const auto& entry = pool_[i];
    out.push_back({entry.value, entry.number, from_us(entry.due_us)});
    pool_.give(i);
  }
  size_ -= static_cast<uint32_t>(all.size());
}

} // namespace troupe::core
