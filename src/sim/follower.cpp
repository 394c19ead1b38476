#include "sim/follower.hpp"

#include <caf/send.hpp>

namespace troupe::sim {

follower::follower(const house& home, const ledger& book,
                   ledger::complaint wrong)
  : book_(book), wrong_(std::move(wrong)), shards_(home.opts.shards),
    feed_(home.feed), next_(home.opts.shards) {}

void follower::look() {
  auto generation = feed_.generation();
  if (generation == generation_)
    return;
  auto to = feed_.handle();
  if (!to)
    return;
  generation_ = generation;
  *deaf_ = true; // To what the last one still says.
  deaf_ = std::make_shared<bool>(false);
  first_ = true;
  lost_ = false;
  next_.assign(next_.size(), 0);
  feed_callback tell = [this, deaf = deaf_](const feed_batch& x) {
    if (!*deaf)
      hear(x);
    return !*deaf;
  };
  caf::anon_send(to, watch_atom_v, core::id{}, std::move(tell));
}

void follower::hear(const feed_batch& x) {
  if (std::exchange(first_, false)) {
    // From here on nothing may be missing; older facts may still be under way.
    for (uint32_t i = 0; i < shards_; ++i)
      next_[i] = book_.next_seq(i);
    return;
  }
  if (x.lost) {
    lost_ = true; // The store is to be read: from here on it knows nothing.
    next_.assign(next_.size(), 0);
    return;
  }
  for (const auto& fact : x.facts) {
    auto& next = next_[core::shard_of(fact.subject.slot(), shards_)];
    if (fact.seq > next && next != 0)
      wrong_("I2: the feed has left out facts from " + std::to_string(next)
             + " to " + std::to_string(fact.seq));
    next = std::max(next, fact.seq + 1);
  }
}

void follower::check_complete() const {
  for (uint32_t i = 0; i < shards_ && !first_; ++i)
    if (next_[i] != 0 && next_[i] < book_.next_seq(i))
      wrong_("I2: the feed has not told fact " + std::to_string(next_[i])
             + " of shard " + std::to_string(i));
}

} // namespace troupe::sim
