#include "core/lineup.hpp"

namespace troupe::core {

struct lineup::order {
  const agent_board& all;

  bool before(const entry& a, const entry& b) const {
    if (a.points != b.points)
      return a.points > b.points;
    if (a.tie != b.tie)
      return a.tie < b.tie;
    if (a.last_used != b.last_used)
      return a.last_used < b.last_used;
    return all.names[a.agent].view() < all.names[b.agent].view();
  }

  void moved(const entry&, uint32_t) const {}
};

void lineup::add(agent_board& all, uint32_t agent, uint32_t seat,
                 const fit& how) {
  all.seats[agent][seat].member = static_cast<uint32_t>(members_.size());
  members_.push_back({agent, seat, how});
}

void lineup::remove(agent_board& all, uint32_t at) {
  auto gone = members_[at];
  members_[at] = members_.back();
  members_.pop_back();
  if (at < members_.size())
    all.seats[members_[at].agent][members_[at].seat].member = at;
  heap_.filter(order{all},
               [&](const entry& x) { return x.agent != gone.agent; });
}

bool lineup::raise(agent_board& all, uint32_t agent, uint32_t seat) {
  const auto& x = all.seats[agent][seat];
  const auto& now = all.pulses[agent];
  auto points = x.base + now.load_points;
  if (points > x.points || (points == x.points && now.last_used < x.last_used))
    push(all, agent, seat);
  return std::exchange(asleep_, false);
}

bool lineup::rebase(agent_board& all, uint32_t at, int32_t base,
                    const fit& how) {
  auto& x = members_[at];
  x.how = how;
  all.seats[x.agent][x.seat].base = base;
  return all.pulses[x.agent].free() && raise(all, x.agent, x.seat);
}

uint32_t lineup::best(agent_board& all) {
  while (!heap_.empty())
    if (settle(all, 0)) {
      const auto& x = heap_.top();
      return all.seats[x.agent][x.seat].member;
    }
  asleep_ = true;
  return nowhere;
}

lineup::rival lineup::second(agent_board& all) {
  return pick(all, false);
}

lineup::rival lineup::third(agent_board& all) {
  return pick(all, true);
}

/// True if the entry there is right; else it is mended or dropped, and another
/// one may stand there.
bool lineup::settle(agent_board& all, uint32_t place) {
  ++steps_;
  auto x = heap_.at(place);
  const auto& now = all.pulses[x.agent];
  if (now.free() && x.points == x.base + now.load_points
      && x.last_used == now.last_used && x.version == now.version)
    return true;
  auto& own = all.seats[x.agent][x.seat];
  if (own.points != x.points || own.last_used != x.last_used) {
    heap_.erase(place, order{all}); // It has a newer entry.
  } else if (!now.free()) {
    own.points = -1;
    heap_.erase(place, order{all});
  } else {
    x.base = own.base;
    x.points = own.points = own.base + now.load_points;
    x.last_used = own.last_used = now.last_used;
    x.version = now.version;
    heap_.replace(place, x, order{all});
  }
  return false;
}

void lineup::push(agent_board& all, uint32_t agent, uint32_t seat) {
  auto& own = all.seats[agent][seat];
  const auto& now = all.pulses[agent];
  own.points = own.base + now.load_points;
  own.last_used = now.last_used;
  // Old entries that never reach the top must not pile up.
  if (heap_.size() >= 2 * members_.size() + 16)
    return rebuild(all);
  heap_.push(
    {own.points, now.tie, now.last_used, agent, seat, own.base, now.version},
    order{all});
}

void lineup::rebuild(agent_board& all) {
  heap_.filter(order{all}, [](const entry&) { return false; });
  for (const auto& x : members_) {
    auto& own = all.seats[x.agent][x.seat];
    own.points = -1;
    if (all.pulses[x.agent].free())
      push(all, x.agent, x.seat);
  }
}

/// The second best is a child of the first, the third one of the others or a
/// child of the second: at most seven places to look at.
uint32_t lineup::best_below(agent_board& all, bool deep) const {
  auto found = nowhere;
  auto look = [&](uint32_t first) {
    auto end = std::min(first + 4, heap_.size());
    for (auto i = first; i < end; ++i)
      if (!(deep && i == second_)
          && (found == nowhere
              || order{all}.before(heap_.at(i), heap_.at(found))))
        found = i;
  };
  look(1);
  if (deep)
    look(second_ * 4 + 1);
  return found;
}

lineup::rival lineup::pick(agent_board& all, bool deep) {
  for (;;) {
    auto found = best_below(all, deep);
    if (found == nowhere)
      return {};
    auto last = heap_.size() - 1;
    auto right = settle(all, found);
    auto x = right ? heap_.at(found) : entry{};
    // An old entry may have become right again: then its agent has two.
    if (right
        && (x.agent == heap_.top().agent
            || (deep && x.agent == heap_.at(second_).agent))) {
      heap_.erase(found, order{all});
      right = false;
    }
    // The last one took the place of the one that went.
    if (deep && heap_.size() == last && second_ == last)
      second_ = found;
    if (!right)
      continue;
    if (!deep)
      second_ = found;
    return {x.agent, x.points};
  }
}

} // namespace troupe::core
