#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/id.hpp"
#include "core/ranked_heap.hpp"

namespace troupe::core {

/// Rows of a million tasks, found by their id or by a small number that stays
/// while the row does. `Row` has a member `task`. Costs sizeof(Row) and 10 to
/// 15 bytes a row; memory stays at the high-water mark.
template <class Row>
class id_table {
public:
  Row& operator[](uint32_t at) { return chunks_[at / chunk][at % chunk]; }
  const Row& operator[](uint32_t at) const {
    return chunks_[at / chunk][at % chunk];
  }

  size_t size() const { return size_; }

  /// The row of that task, or `nowhere`.
  uint32_t find(id task) const {
    auto place = place_of(task);
    return place == nowhere ? nowhere : index_[place].row;
  }

  /// Asks for the memory that `find` will need.
  void fetch(id task) const {
    if (!index_.empty())
      __builtin_prefetch(&index_[home(hash_of(task))], 1);
  }

  /// REQUIRES: its task has no row.
  uint32_t insert(Row row) {
    if (size_ + 1 > index_.size() / 5 * 4)
      grow();
    auto at = free_row();
    enter({hash_of(row.task), at});
    (*this)[at] = std::move(row);
    ++size_;
    return at;
  }

  /// The task is no longer found; its row stays until `free`.
  void forget(uint32_t at) {
    auto hole = place_of((*this)[at].task);
    --size_;
    // Close the gap: everything behind that would not be found moves up.
    for (auto i = after(hole); index_[i].row != nowhere; i = after(i)) {
      auto ideal = home(index_[i].hash);
      auto reachable =
        hole < i ? hole < ideal && ideal <= i : hole < ideal || ideal <= i;
      if (!reachable)
        index_[std::exchange(hole, i)] = index_[i];
    }
    index_[hole].row = nowhere;
  }

  /// REQUIRES: `forget` was called for it.
  void free(uint32_t at) {
    (*this)[at] = Row{};
    free_.push_back(at);
  }

  /// Calls `f` with every row, in no order that means anything.
  template <class F>
  void each(F f) const {
    for (const auto& x : index_)
      if (x.row != nowhere)
        f((*this)[x.row]);
  }

  /// Bytes held, for tests and for the memory a node reports.
  size_t bytes() const {
    return chunks_.size() * chunk * sizeof(Row) + index_.size() * sizeof(entry)
           + free_.capacity() * sizeof(uint32_t);
  }

private:
  static constexpr uint32_t chunk = 4096;

  struct entry {
    uint32_t hash = 0;
    uint32_t row = nowhere;
  };

  static uint32_t hash_of(id task) {
    auto h = uint64_t{std::hash<id>{}(task)} * 0x9e3779b97f4a7c15ull;
    return static_cast<uint32_t>(h >> 32);
  }

  uint32_t home(uint32_t hash) const {
    return static_cast<uint32_t>(uint64_t{hash} * index_.size() >> 32);
  }

  uint32_t after(uint32_t place) const {
    return place + 1 == index_.size() ? 0 : place + 1;
  }

  uint32_t place_of(id task) const {
    if (index_.empty())
      return nowhere;
    auto hash = hash_of(task);
    for (auto i = home(hash);; i = after(i)) {
      if (index_[i].row == nowhere)
        return nowhere;
      if (index_[i].hash == hash && (*this)[index_[i].row].task == task)
        return i;
    }
  }

  void enter(entry x) {
    auto i = home(x.hash);
    while (index_[i].row != nowhere)
      i = after(i);
    index_[i] = x;
  }

  void grow() {
    auto old = std::exchange(index_, {});
    index_.resize(old.size() + old.size() / 2 + 64);
    for (auto x : old)
      if (x.row != nowhere)
        enter(x);
  }

  uint32_t free_row() {
    if (free_.empty()) {
      auto first = static_cast<uint32_t>(chunks_.size()) * chunk;
      chunks_.push_back(std::make_unique<Row[]>(chunk));
      for (uint32_t i = chunk; i > 0; --i)
        free_.push_back(first + i - 1);
    }
    auto at = free_.back();
    free_.pop_back();
    return at;
  }

  std::vector<std::unique_ptr<Row[]>> chunks_;
  std::vector<uint32_t> free_;
  std::vector<entry> index_; // Linear probing; never more than 4/5 full.
  size_t size_ = 0;
};

} // namespace troupe::core
