#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/house.hpp"
#include "sim/ledger.hpp"

namespace troupe::sim {

/// Listens to the feed of one life: facts come in order and without a gap, or
/// it is said that some were lost.
class follower {
public:
  follower(const house& home, const ledger& book, ledger::complaint wrong);

  /// Follows the feed of this moment, if it does not do so yet.
  void look();

  /// All is quiet: what was committed has been heard.
  void check_complete() const;

  void end() { *deaf_ = true; }

private:
  void hear(const feed_batch& x);

  const ledger& book_;
  ledger::complaint wrong_;
  uint32_t shards_;
  child_ref<feed_actor> feed_;
  uint64_t generation_ = 0;
  bool first_ = true;
  bool lost_ = false;
  std::vector<uint64_t> next_; // By shard; 0: not known.
  std::shared_ptr<bool> deaf_ = std::make_shared<bool>(false);
};

} // namespace troupe::sim
