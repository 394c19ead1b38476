#include "actors/journal.hpp"
#include "actors/crash_point.hpp"

#include <algorithm>
#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "core/mutant.hpp"

namespace troupe {

namespace {

using self_ptr = journal_actor::stateful_pointer<journal_state>;

constexpr std::chrono::milliseconds upkeep_interval{100};
/// Between two slices of upkeep (2 ms) while there is more to do: it may take
/// about a tenth of the writer's time.
constexpr std::chrono::milliseconds upkeep_pause{20};

/// Shards take new work while the store takes it and there is room for the end
/// of what they have.
void tell_intake(self_ptr self, const std::string& why) {
  auto& st = self->state;
  auto open = !st.blocked && !st.low;
  if (open == st.intake)
    return;
  st.intake = open;
  st.home->warn(open ? "the store takes new work again"
                     : "the store takes no new work: " + why);
  for (auto& shard : st.shards)
    if (auto to = shard.handle())
      self->send(to, intake_atom_v, open);
}

std::string in_mib(uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

/// Closes intake before the disk is full. It opens again a little later than it
/// closed, so that it does not flutter.
void watch_disk(self_ptr self) {
  auto& st = self->state;
  auto reserve = st.home->opts.disk_reserve_bytes;
  auto left = st.store->writer->stats().disk_free;
  st.low = left < (st.low ? reserve + reserve / 4 : reserve);
  tell_intake(self, "its disk has " + in_mib(left)
                      + " left, and node.disk_reserve keeps " + in_mib(reserve)
                      + " for the end of accepted work; free some space");
}

void tell_committed(self_ptr self, const core::batch& b, core::commit what,
                    const failure& why) {
  if (auto to = self->state.shards[b.shard].handle())
    self->send(to, committed{b.shard, b.first_seq, what, why});
}

void tell_feed(self_ptr self, const core::batch& b) {
  if (mutated(core::mutant::feed_gap) && b.first_seq % 5 == 0)
    return;
  if (b.count > 0)
    if (auto to = self->state.feed.handle())
      self->send(to, feed_chunk{b.shard, b.first_seq, b.count, b.facts});
}

void tell_outcome(self_ptr self, const core::commit_report& report) {
  auto& st = self->state;
  for (const auto& b : st.pending) {
    auto fenced =
      std::count(report.fenced.begin(), report.fenced.end(), b->shard) > 0;
    auto what = report.what == core::commit::done && fenced
                  ? core::commit::fenced
                  : report.what;
    if (what == core::commit::done) {
      st.store->facts.next_seq[b->shard] = b->first_seq + b->count;
      tell_feed(self, *b);
      for (const auto& listen : st.store->listeners)
        listen(b);
    }
    tell_committed(self, *b, what, report.why);
  }
}

void end_backup(self_ptr self, const failure& why) {
  auto& st = self->state;
  if (st.copy_to.empty())
    return;
  st.copy_to.clear();
  if (why)
    st.copy_asked.deliver(make_error(why.code, why.message));
  else
    st.copy_asked.deliver(caf::ok_atom_v);
}

/// A slice, then whatever else has come meanwhile, then the next one.
void copy_slice(self_ptr self) {
  auto& st = self->state;
  if (st.copy_to.empty())
    return;
  auto done = st.store->writer->backup(st.copy_to);
  if (!done)
    return end_backup(self, done.error());
  if (*done)
    return end_backup(self, {});
  self->send(self, backup_atom_v);
}

caf::result<caf::ok_atom> begin_backup(self_ptr self, const std::string& path) {
  auto& st = self->state;
  if (!st.copy_to.empty())
    return make_error(errc::invalid_state,
                      "a backup to " + st.copy_to
                        + " is under way; ask again when it is complete");
  auto asked = self->make_response_promise<caf::ok_atom>();
  st.copy_to = path;
  st.copy_asked = asked;
  self->send(self, backup_atom_v);
  return asked;
}

/// Only the disk knows what it holds: the next life opens the store anew. The
/// shards go down with this one and read what became of their batches.
void give_up(self_ptr self, const failure& why) {
  auto& st = self->state;
  st.home->warn("the store is opened anew: " + why.message);
  st.pending.clear();
  end_backup(self, {errc::restarting, category::unknown,
                    "the store is opened anew; begin the backup again"});
  st.store->writer.reset();
  self->quit(make_error(errc::store_failed, why.message));
}

/// Writes what is pending, as one transaction.
void write(self_ptr self) {
  auto& st = self->state;
  if (st.pending.empty()) {
    // Who waited for room is gone: the next one finds out whether there is any.
    st.blocked = false;
    return tell_intake(self, {});
  }
  std::vector<const core::batch*> batches;
  batches.reserve(st.pending.size());
  for (const auto& b : st.pending)
    batches.push_back(b.get());
  crash_point("journal.before_commit");
  auto report = st.store->writer->append(batches);
  crash_point("journal.after_commit");
  if (report.what == core::commit::unknown)
    return give_up(self, report.why);
  // Kept and tried again: nothing that was accepted is given up.
  st.blocked = report.what == core::commit::rolled_back;
  tell_intake(self, report.why.message);
  if (st.blocked)
    return;
  tell_outcome(self, report);
  st.pending.clear();
}

/// Every now and then, also while much is to be written: the log must be moved
/// and what is old must go. True if there is more to do.
bool upkeep(self_ptr self) {
  auto& st = self->state;
  write(self);
  if (!st.store->writer)
    return false;
  auto more = st.store->writer->maintain(st.home->now());
  crash_point("journal.after_upkeep");
  // What upkeep met, the next commit would be told: ask now, it may be long
  // until there is one.
  auto report = st.store->writer->append({});
  if (report.what == core::commit::unknown) {
    give_up(self, report.why);
    return false;
  }
  watch_disk(self);
  return more;
}

/// What a follower was not told, because nobody knew whether it was written, it
/// reads from the store.
void tell_followers(self_ptr self) {
  auto& st = self->state;
  if (!std::exchange(st.store->reopened, false))
    return;
  if (auto to = st.feed.handle())
    self->send(to, feed_chunk{0, 0, 0, {}});
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
  tell_followers(self);
  watch_disk(self); // Before the first shard comes: it may be full already.
  self->delayed_send(self, upkeep_interval, caf::tick_atom_v);
  return {
    [self](unlock_atom, uint32_t shard) -> caf::result<shard_opened> {
      auto& st = self->state;
      write(self);
      if (!st.store->writer)
        return make_error(errc::restarting, "the store is opened anew");
      if (!st.intake)
        self->send(caf::actor_cast<shard_actor>(self->current_sender()),
                   intake_atom_v, false);
      // Blocked: what an earlier life sent was promised to nobody.
      std::erase_if(st.pending,
                    [shard](const auto& b) { return b->shard == shard; });
      const auto& facts = st.store->facts;
      return shard_opened{facts.epoch, facts.next_seq[shard], facts.clean};
    },
    [self](append_atom, batch_ptr& b) {
      self->state.pending.push_back(std::move(b));
      if (!self->state.blocked)
        settle_soon(self);
    },
    [self](stats_atom) { return self->state.store->writer->stats(); },
    [self](backup_atom, const std::string& path) {
      return begin_backup(self, path);
    },
    [self](backup_atom) { copy_slice(self); },
    [self](settle_atom) {
      self->state.settling = false;
      write(self);
    },
    [self](caf::tick_atom) {
      auto more = upkeep(self);
      self->delayed_send(self, more ? upkeep_pause : upkeep_interval,
                         caf::tick_atom_v);
    },
  };
}

} // namespace troupe
