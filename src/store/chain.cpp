#include "store/chain.hpp"

#include <limits>

namespace troupe::store {

namespace {

struct shard_row {
  uint64_t next_seq = 1;
  uint64_t oldest_seq = 1;
  std::string hash;
};

std::string where(uint32_t shard, uint64_t seq) {
  return "history of shard " + std::to_string(shard) + " at "
         + std::to_string(seq) + ": ";
}

/// Compares what follows with what went before.
class chain_check {
public:
  chain_check(uint32_t shard, shard_row want)
    : shard_(shard), want_(std::move(want)) {}

  void add(const query& row, bool from_the_start) {
    segment_header header{shard_, row.as<uint64_t>(0), row.as<uint32_t>(1),
                          row.as<uint64_t>(2), row.time(3)};
    auto before = row.view(4);
    auto seq = header.first_seq;
    if (hash_.empty() && from_the_start && seq != want_.oldest_seq)
      say(seq, "its beginning is missing");
    if (!hash_.empty() && seq != next_)
      say(seq, "facts are missing before it");
    if (!hash_.empty() && before != hash_)
      say(seq, "it does not follow on the segment before");
    if (chain_hash(digest_, before, header, row.view(6)) != row.view(5))
      say(seq, "its bytes are not those that were written");
    hash_ = row.string(5);
    next_ = seq + header.count;
  }

  std::vector<std::string> finish() {
    if (hash_.empty() && want_.next_seq != want_.oldest_seq)
      say(want_.oldest_seq, "all segments are missing");
    if (!hash_.empty() && (next_ != want_.next_seq || hash_ != want_.hash))
      say(next_, "its end is not the shard's end");
    return std::move(problems_);
  }

private:
  void say(uint64_t seq, const char* what) {
    problems_.push_back(where(shard_, seq) + what);
  }

  uint32_t shard_;
  shard_row want_;
  core::sha256 digest_;
  std::string hash_; // Of the segment before; empty: none yet.
  uint64_t next_ = 0;
  std::vector<std::string> problems_;
};

int64_t first_of_newest(connection& db, uint32_t shard, uint32_t segments) {
  auto from = segment_position(shard, 0);
  if (segments == 0)
    return from;
  auto q = db.use("SELECT min(position) FROM (SELECT position FROM segments "
                  "WHERE position>=? AND position<? ORDER BY position DESC "
                  "LIMIT ?)");
  q.bind(from, segment_position(shard + 1, 0), segments);
  return q.next() && !q.is_null(0) ? q.number(0) : from;
}

} // namespace

std::string chain_start() {
  return std::string(32, '\0');
}

std::string chain_hash(core::sha256& hash, std::string_view before,
                       const segment_header& header, std::string_view body) {
  return hash.add(before)
    .add(uint64_t{header.shard})
    .add(header.first_seq)
    .add(uint64_t{header.count})
    .add(header.epoch)
    .add(static_cast<uint64_t>(core::to_us(header.at)))
    .add(body)
    .finish();
}

std::vector<std::string> verify_chain(connection& db, uint32_t shard,
                                      uint32_t segments) {
  shard_row want;
  auto ends =
    db.use("SELECT next_seq, oldest_seq, hash FROM shards WHERE shard=?");
  if (!ends.bind(shard).next())
    return {where(shard, 0) + "the shard's row is missing"};
  want.next_seq = ends.as<uint64_t>(0);
  want.oldest_seq = ends.as<uint64_t>(1);
  want.hash = ends.string(2);
  chain_check check{shard, std::move(want)};
  auto q = db.use("SELECT first_seq, count, epoch, at, prev_hash, hash, body "
                  "FROM segments WHERE position>=? AND position<? ORDER BY "
                  "position");
  q.bind(first_of_newest(db, shard, segments), segment_position(shard + 1, 0));
  while (q.next())
    check.add(q, segments == 0);
  auto problems = check.finish();
  if (!q.ok())
    problems.push_back(db.why(q.code(), "cannot read the history in").message);
  return problems;
}

} // namespace troupe::store
