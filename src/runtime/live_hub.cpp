#include "runtime/live_hub.hpp"

#include <algorithm>

namespace troupe::runtime {

namespace {

/// Batches that wait until it is known whose their runs are.
constexpr size_t waiting_max = 10'000;
constexpr size_t known_max = 100'000; // Runs.

const std::string no_feed = "the node's feed restarted";

std::set<core::id> runs_in(const feed_batch& what) {
  std::set<core::id> all;
  for (const auto& x : what.facts)
    all.insert(x.subject.run());
  for (const auto& x : what.signals)
    all.insert(x.key.task.run());
  return all;
}

} // namespace

core::result<uint64_t> end_of_history(core::store_reader& store, uint32_t shard,
                                      uint64_t from) {
  auto low = from; // Everything before it is there.
  for (uint64_t step = 1;;) {
    auto found = store.history(shard, low + step - 1, 1);
    if (!found)
      return found.error();
    if (!found->empty()) {
      low =
        std::max(low + step, found->front().first_seq + found->front().count);
      step *= 2;
    } else if (step == 1) {
      return low;
    } else {
      step = std::max<uint64_t>(step / 4, 1);
    }
  }
}

live_hub::live_hub(ports with) : ports_(std::move(with)) {}

live_hub::tie::~tie() {
  if (auto to = hub.lock())
    to->feed_is_gone(life);
}

uint32_t live_hub::shard_of(core::id x) const {
  return core::shard_of(x.slot(), ports_.shards);
}

// -- who listens

void live_hub::join(watcher_ptr who, std::function<void()> then) {
  std::unique_lock guard{mutex_};
  if (of_runs_.size() + of_all_.size() + pending_.size() >= swept_at_)
    sweep();
  if (of_runs_.size() + of_all_.size() + pending_.size() >= watchers_max) {
    guard.unlock();
    return who->lose("the node has too many followers (watchers_max)");
  }
  pending_.push_back({who, std::move(then)});
  if (!attached_ && !attaching_) {
    attaching_ = true;
    guard.unlock(); // It may be answered at once.
    auto there = attach();
    guard.lock();
    if (!there) {
      attaching_ = false;
      return lose_all(no_feed);
    }
  }
  admit_and_call(guard);
}

bool live_hub::attach() {
  uint64_t life = 0;
  {
    std::lock_guard guard{mutex_};
    life = ++life_;
  }
  auto hold = std::make_shared<tie>();
  hold->hub = weak_from_this();
  hold->life = life;
  return ports_.follow_feed([hold](const feed_batch& x) {
    auto to = hold->hub.lock();
    return to && to->on_feed(x, hold->life);
  });
}

void live_hub::feed_is_gone(uint64_t life) {
  std::unique_lock guard{mutex_};
  if (life != life_)
    return;
  attached_ = attaching_ = asking_ = false;
  lose_all(no_feed);
}

/// All that listens or wants to.
void live_hub::lose_all(const std::string& why) {
  for (auto& x : pending_)
    x.who->lose(why);
  for (auto& [run, who] : of_runs_)
    who->lose(why);
  for (auto& who : of_all_)
    who->lose(why);
  pending_.clear();
  of_runs_.clear();
  of_all_.clear();
  waiting_.clear();
  placed_ = false;
}

/// Takes in who can be: at once for one run, for all runs once it is known
/// where the shards stand.
std::vector<std::function<void()>> live_hub::admit() {
  std::vector<std::function<void()>> calls;
  if (!attached_)
    return calls;
  for (auto x = pending_.begin(); x != pending_.end();) {
    auto run = x->who->run();
    if (!run && !placed_) {
      ++x;
      continue;
    }
    x->who->join(run ? core::positions{} : next_);
    if (run)
      of_runs_.emplace(run, x->who);
    else
      of_all_.push_back(x->who);
    calls.push_back(std::move(x->then));
    x = pending_.erase(x);
  }
  return calls;
}

void live_hub::admit_and_call(std::unique_lock<std::mutex>& guard) {
  auto calls = admit();
  if (attached_ && !pending_.empty() && !placing_ && !placed_)
    find_place(guard);
  guard.unlock();
  for (auto& call : calls)
    call();
}

/// Forgets who has gone without having been told anything since.
void live_hub::sweep() {
  std::erase_if(of_runs_, [](const auto& x) { return x.second->over(); });
  std::erase_if(of_all_, [](const auto& x) { return x->over(); });
  swept_at_ = std::max<size_t>(64, 2 * (of_runs_.size() + of_all_.size()));
}

// -- where the shards stand

/// Leaves the lock while it asks.
void live_hub::find_place(std::unique_lock<std::mutex>& guard) {
  placing_ = true;
  auto from = next_.empty() ? core::positions(ports_.shards, 1) : next_;
  auto life = life_;
  guard.unlock();
  auto answer = [weak = weak_from_this(),
                 life](core::result<core::positions> ends) {
    if (auto me = weak.lock())
      me->placed_at(std::move(ends), life);
  };
  auto lost = [answer] { answer(failure{errc::restarting, {}, {}}); };
  ports_.read(
    [from, answer](core::store_reader& store) {
      auto ends = from;
      for (uint32_t i = 0; i < ends.size(); ++i) {
        auto end = end_of_history(store, i, ends[i]);
        if (!end)
          return answer(end.error());
        ends[i] = *end;
      }
      answer(std::move(ends));
    },
    lost);
  guard.lock();
}

void live_hub::placed_at(core::result<core::positions> ends, uint64_t life) {
  std::unique_lock guard{mutex_};
  placing_ = false;
  if (life != life_ || !ends) {
    // A new feed began meanwhile, whose followers ask anew.
    for (auto x = pending_.begin(); !ends && x != pending_.end();) {
      if (!x->who->run()) {
        x->who->lose("the history cannot be read: " + ends.error().message);
        x = pending_.erase(x);
      } else {
        ++x;
      }
    }
    return admit_and_call(guard);
  }
  next_ = std::move(*ends);
  placed_ = true;
  auto calls = admit();
  go_on(guard);
  guard.unlock();
  for (auto& call : calls)
    call();
}

// -- what happens

bool live_hub::on_feed(const feed_batch& what, uint64_t life) {
  std::unique_lock guard{mutex_};
  if (life != life_)
    return false;
  if (what.lost) {
    // There may be facts that only the store knows: everybody comes again.
    attached_ = attaching_ = false;
    lose_all("the node lost the thread");
    return false;
  }
  if (!attached_) {
    attached_ = true;
    attaching_ = false;
    admit_and_call(guard);
    return true;
  }
  if (!of_runs_.empty())
    tell_runs(what);
  if (of_all_.empty() && !placing_) {
    // Nobody follows all runs (any more): whose they are does not matter.
    placed_ = false;
    waiting_.clear();
    return true;
  }
  if (waiting_.size() >= waiting_max) {
    attached_ = attaching_ = false;
    lose_all("the node cannot look up runs as fast as they are made");
    return false;
  }
  if (!what.facts.empty() || !what.signals.empty())
    waiting_.push_back(what);
  if (placed_ && !asking_)
    go_on(guard);
  return true;
}

void live_hub::tell_runs(const feed_batch& what) {
  for (const auto& x : what.facts)
    tell_one_run(happening{x, shard_of(x.subject)}, x.subject.run());
  for (const auto& x : what.signals)
    tell_one_run(happening{x}, x.key.task.run());
}

void live_hub::tell_one_run(const happening& x, core::id run) {
  auto [pos, end] = of_runs_.equal_range(run);
  while (pos != end)
    pos = pos->second->live(x, nullptr, next_) ? std::next(pos)
                                               : of_runs_.erase(pos);
}

/// Tells what is known to be somebody's, and asks for the rest.
void live_hub::go_on(std::unique_lock<std::mutex>& guard) {
  while (!waiting_.empty()) {
    auto unknown = runs_in(waiting_.front());
    std::erase_if(unknown, [this](core::id x) { return known_.count(x) > 0; });
    if (unknown.empty()) {
      if (!tell_all(waiting_.front()))
        return lose_all("the node lost the thread");
      waiting_.pop_front();
      continue;
    }
    asking_ = true;
    auto answer = [weak = weak_from_this(), unknown,
                   life = life_](core::result<owners> found) {
      if (auto me = weak.lock())
        me->learn(unknown, std::move(found), life);
    };
    auto job = [unknown, answer](core::store_reader& store) {
      owners found;
      for (auto run : unknown) {
        auto row = store.find_run(run);
        if (!row)
          return answer(row.error());
        if (*row)
          found[run] = {(*row)->workspace, (*row)->name};
      }
      answer(std::move(found));
    };
    guard.unlock(); // The answer may come at once.
    ports_.read(job, [answer] { answer(failure{errc::restarting, {}, {}}); });
    guard.lock();
    return;
  }
}

void live_hub::learn(const std::set<core::id>& asked,
                     core::result<owners> found, uint64_t life) {
  std::unique_lock guard{mutex_};
  asking_ = false;
  if (!found && life == life_)
    return lose_all("runs cannot be looked up: " + found.error().message);
  if (found) {
    if (known_.size() + asked.size() > known_max)
      known_.clear();
    for (auto run : asked)
      known_[run] = (*found)[run];
  }
  if (placed_)
    go_on(guard);
}

/// False: a fact is missing before one of these.
bool live_hub::tell_all(const feed_batch& what) {
  for (const auto& x : what.facts) {
    auto shard = shard_of(x.subject);
    if (x.seq < next_[shard])
      continue;
    if (x.seq > next_[shard])
      return false;
    next_[shard] = x.seq + 1;
    tell_workspaces(happening{x, shard}, known_[x.subject.run()]);
  }
  for (const auto& x : what.signals)
    tell_workspaces(happening{x}, known_[x.key.task.run()]);
  return true;
}

void live_hub::tell_workspaces(const happening& x, const run_owner& whose) {
  for (auto pos = of_all_.begin(); pos != of_all_.end();)
    pos = (*pos)->live(x, &whose, next_) ? std::next(pos) : of_all_.erase(pos);
}

} // namespace troupe::runtime
