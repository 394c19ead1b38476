#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::core {

/// A place in no list.
inline constexpr uint32_t nowhere = 0xffffffff;

/// A heap, best first, whose items know their places, so that any of them can
/// be replaced or taken out. Four children a node: half as deep as a binary
/// one, and the four share a cache line or two.
///
/// The order comes with each call: `before(a, b)` says whether a is better, and
/// `moved(x, place)` hears of every change of place (`nowhere`: taken out).
template <class Item>
class ranked_heap {
public:
  bool empty() const { return items_.empty(); }
  uint32_t size() const { return static_cast<uint32_t>(items_.size()); }
  size_t capacity() const { return items_.capacity(); }

  /// REQUIRES: not empty.
  const Item& top() const { return items_.front(); }

  /// REQUIRES: place < size(). Children of p: 4p + 1 to 4p + 4.
  const Item& at(uint32_t place) const { return items_[place]; }

  template <class Order>
  void push(Item x, Order&& order) {
    // Doubling would leave half of a long queue's memory unused.
    if (items_.size() == items_.capacity())
      items_.reserve(items_.size() + items_.size() / 2 + 4);
    items_.push_back(x);
    rise(size() - 1, x, order);
  }

  /// REQUIRES: place < size().
  template <class Order>
  void erase(uint32_t place, Order&& order) {
    order.moved(items_[place], nowhere);
    auto last = items_.back();
    items_.pop_back();
    if (place < size())
      settle(place, last, order);
  }

  /// REQUIRES: place < size().
  template <class Order>
  void replace(uint32_t place, Item x, Order&& order) {
    settle(place, x, order);
  }

  /// Keeps the items for which `keep` holds. O(n).
  template <class Order, class Keep>
  void filter(Order&& order, Keep keep) {
    auto old = std::exchange(items_, {});
    items_.reserve(old.size());
    for (auto& x : old)
      if (keep(x))
        push(x, order);
  }

private:
  template <class Order>
  void settle(uint32_t place, Item x, Order&& order) {
    if (place > 0 && order.before(x, items_[(place - 1) / 4]))
      rise(place, x, order);
    else
      sink(place, x, order);
  }

  template <class Order>
  void rise(uint32_t place, Item x, Order&& order) {
    while (place > 0) {
      auto above = (place - 1) / 4;
      if (!order.before(x, items_[above]))
        break;
      put(place, items_[above], order);
      place = above;
    }
    put(place, x, order);
  }

  template <class Order>
  void sink(uint32_t place, Item x, Order&& order) {
    for (;;) {
      auto first = uint64_t{place} * 4 + 1;
      if (first >= items_.size())
        break;
      auto end = std::min<uint64_t>(first + 4, items_.size());
      auto best = first;
      for (auto i = first + 1; i < end; ++i)
        if (order.before(items_[i], items_[best]))
          best = i;
      if (!order.before(items_[best], x))
        break;
      put(place, items_[best], order);
      place = static_cast<uint32_t>(best);
    }
    put(place, x, order);
  }

  template <class Order>
  void put(uint32_t place, const Item& x, Order&& order) {
    items_[place] = x;
    order.moved(items_[place], place);
  }

  std::vector<Item> items_;
};

} // namespace troupe::core
