#include "actors/journal.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

namespace {

using self_ptr = journal_actor::stateful_pointer<journal_state>;

constexpr std::chrono::milliseconds upkeep_interval{100};

void tell_intake(self_ptr self, bool open) {
  self->state.blocked = !open;
  for (auto& shard : self->state.shards)
    if (auto to = shard.handle())
      self->send(to, intake_atom_v, open);
}

void tell_committed(self_ptr self, const core::batch& b, core::commit what,
                    const failure& why) {
  if (auto to = self->state.shards[b.shard].handle())
    self->send(to, committed{b.shard, b.first_seq, what, why});
}

void tell_feed(self_ptr self, const core::batch& b) {
  if (b.count > 0)
    if (auto to = self->state.feed.handle())
      self->send(to, feed_chunk{b.shard, b.first_seq, b.count, b.facts});
}

/// Writes what is pending, as one transaction.
void write(self_ptr self) {
  auto& st = self->state;
  if (st.pending.empty())
    return;
  std::vector<const core::batch*> batches;
  batches.reserve(st.pending.size());
  for (const auto& b : st.pending)
    batches.push_back(b.get());
  auto report = st.store->writer->append(batches);
  if (report.what == core::commit::rolled_back) {
    // Kept and tried again: nothing that was accepted is given up.
    if (!st.blocked)
      tell_intake(self, false);
    return;
  }
  if (st.blocked)
    tell_intake(self, true);
  for (const auto& b : st.pending) {
    auto fenced =
      std::count(report.fenced.begin(), report.fenced.end(), b->shard) > 0;
    auto what = report.what == core::commit::done && fenced
                  ? core::commit::fenced
                  : report.what;
    if (what == core::commit::done) {
      st.store->facts.next_seq[b->shard] = b->first_seq + b->count;
      tell_feed(self, *b);
    }
    tell_committed(self, *b, what, report.why);
  }
  st.pending.clear();
  if (report.what == core::commit::unknown)
    self->quit(make_error(errc::store_failed, report.why.message));
}

void settle_soon(self_ptr self) {
  if (self->state.settling)
    return;
  self->state.settling = true;
  // It goes behind everything that is in the mailbox already: that is the group
  // commit.
  self->send(self, settle_atom_v);
}

} // namespace

journal_actor::behavior_type journal(self_ptr self, house_ptr home,
                                     open_store_ptr store) {
  auto& st = self->state;
  st.shards = home->shards;
  st.feed = home->feed;
  st.home = std::move(home);
  st.store = std::move(store);
  self->delayed_send(self, upkeep_interval, caf::tick_atom_v);
  return {
    [self](unlock_atom, uint32_t shard) -> shard_opened {
      auto& st = self->state;
      write(self);
      // Blocked: what an earlier life sent was promised to nobody.
      std::erase_if(st.pending,
                    [shard](const auto& b) { return b->shard == shard; });
      const auto& facts = st.store->facts;
      return {facts.epoch, facts.next_seq[shard], facts.clean};
    },
    [self](append_atom, batch_ptr& b) {
      self->state.pending.push_back(std::move(b));
      if (!self->state.blocked)
        settle_soon(self);
    },
    [self](stats_atom) { return self->state.store->writer->stats(); },
    [self](backup_atom, const std::string& path) -> caf::result<caf::ok_atom> {
      if (auto why = self->state.store->writer->backup(path))
        return make_error(why.code, why.message);
      return caf::ok_atom_v;
    },
    [self](settle_atom) {
      self->state.settling = false;
      write(self);
    },
    [self](caf::tick_atom) {
      auto& st = self->state;
      self->delayed_send(self, upkeep_interval, caf::tick_atom_v);
      if (st.blocked)
        write(self);
      else if (st.pending.empty())
        st.store->writer->maintain(st.home->now());
    },
  };
}

} // namespace troupe
