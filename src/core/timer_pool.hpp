#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::core {

/// One armed timer. Links are indexes, so that an entry is 32 bytes.
struct timer_entry {
  uint64_t value = 0;
  int64_t due_us = 0;
  uint32_t number = 0;
  uint32_t next = 0;
  uint32_t prev = 0;
  uint32_t serial = 0; // 0: free. Tells a reused place from the old one.
};
static_assert(sizeof(timer_entry) == 32);

/// Where a wheel keeps its entries: blocks of 256 that are given back when
/// their last entry goes, all but one.
class timer_pool {
public:
  static constexpr uint32_t none = UINT32_MAX;

  /// A place for an entry, its links unset.
  uint32_t take();

  /// REQUIRES: `index` was taken.
  void give(uint32_t index);

  /// REQUIRES: `index` was taken.
  timer_entry& operator[](uint32_t index) {
    return blocks_[index / block_size]->entries[index % block_size];
  }

  /// The entry if the place is in use under this serial.
  timer_entry* find(uint32_t index, uint32_t serial);

  size_t memory_bytes() const;

private:
  static constexpr uint32_t block_size = 256;

  struct block {
    std::array<timer_entry, block_size> entries;
    uint32_t free = 0; // First free entry, by index in the block.
    uint32_t used = 0;
    uint32_t prev = none; // Other blocks with room.
    uint32_t next = none;
  };

  uint32_t open_block();
  void close_block(uint32_t id);
  void link(uint32_t id);
  void unlink(uint32_t id);

  std::vector<std::unique_ptr<block>> blocks_;
  uint32_t room_ = none; // First block with room.
  uint32_t hole_ = 0;    // No block is missing before this one.
  uint32_t empty_ = 0;   // Blocks without an entry: at most one.
  uint32_t blocks_made_ = 0;
};

} // namespace troupe::core
