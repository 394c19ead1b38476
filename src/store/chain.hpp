#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/sha256.hpp"
#include "core/time.hpp"
#include "store/sqlite_connection.hpp"

namespace troupe::store {

/// What stands about a segment beside its body. SHA-256 over this, the body and
/// the hash before chains the segments of a shard: a gap, a changed byte or a
/// page from another time breaks the chain. At 1.8 GB/s it costs about 0.1 us a
/// task; a CRC would save half of that and prove less.
struct segment_header {
  uint32_t shard = 0;
  uint64_t first_seq = 0;
  uint32_t count = 0;
  uint64_t epoch = 0;
  core::instant at;
};

/// What the first segment of a shard follows.
std::string chain_start();

std::string chain_hash(core::sha256& hash, std::string_view before,
                       const segment_header& header, std::string_view body);

/// Where a segment stands in its table.
constexpr int64_t segment_position(uint32_t shard, uint64_t seq) {
  return static_cast<int64_t>(uint64_t{shard} << 48 | seq);
}

/// What is wrong with the newest `segments` of a shard (0: all of them), as
/// sentences.
std::vector<std::string> verify_chain(connection& db, uint32_t shard,
                                      uint32_t segments);

} // namespace troupe::store
