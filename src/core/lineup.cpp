#include "core/lineup.hpp"

#include <algorithm>

namespace troupe::core {

struct lineup::order {
  const agent_board& all;
  std::vector<uint32_t>& places;

  bool before(const entry& a, const entry& b) const {
    if (a.points != b.points)
      return a.points > b.points;
    if (a.tie != b.tie)
      return a.tie < b.tie;
    if (a.last_used != b.last_used)
      return a.last_used < b.last_used;
    return all.names[a.agent].view() < all.names[b.agent].view();
  }

  void moved(const entry& x, uint32_t place) const { places[x.member] = place; }
};

void lineup::add(agent_board& all, uint32_t agent, uint32_t seat,
                 const fit& how) {
  all.seats[agent][seat].member = static_cast<uint32_t>(members_.size());
  members_.push_back({agent, seat, how});
  places_.push_back(nowhere);
}

void lineup::remove(agent_board& all, uint32_t at) {
  order by{all, places_};
  if (places_[at] != nowhere)
    heap_.erase(places_[at], by);
  auto last = static_cast<uint32_t>(members_.size()) - 1;
  if (at != last) {
    members_[at] = members_[last];
    all.seats[members_[at].agent][members_[at].seat].member = at;
    if (auto place = places_[last]; place != nowhere) {
      auto x = heap_.at(place);
      x.member = at;
      heap_.replace(place, x, by);
    }
  }
  members_.pop_back();
  places_.pop_back();
}

bool lineup::raise(agent_board& all, uint32_t agent, seat& own) {
  const auto& now = all.pulses[agent];
  auto points = own.base + now.load_points;
  if (points < own.points
      || (points == own.points && now.last_used >= own.last_used))
    return false;
  entry x{points,     now.tie,  now.last_used, agent,
          own.member, own.base, now.version};
  order by{all, places_};
  auto fresh = heap_.empty();
  if (own.points < 0)
    heap_.push(x, by);
  else
    heap_.replace(places_[own.member], x, by);
  own.points = points;
  own.last_used = now.last_used;
  return fresh;
}

bool lineup::withdraw(agent_board& all, seat& own) {
  if (own.points < 0)
    return false;
  own.points = -1;
  heap_.erase(places_[own.member], order{all, places_});
  return heap_.empty();
}

void lineup::rebase(agent_board& all, seat& own, int32_t base, const fit& how) {
  auto& x = members_[own.member];
  x.how = how;
  own.base = base;
  if (own.points >= 0)
    raise(all, x.agent, own);
}

uint32_t lineup::best(agent_board& all) {
  while (!settle(all, 0)) {
  }
  __builtin_prefetch(&members_[heap_.top().member]);
  return heap_.top().member;
}

lineup::rival lineup::second(agent_board& all) {
  return pick(all, false);
}

lineup::rival lineup::third(agent_board& all) {
  return pick(all, true);
}

/// True if the entry there is right; else it is mended, and another one may
/// stand there.
bool lineup::settle(agent_board& all, uint32_t place) {
  ++steps_;
  auto x = heap_.at(place);
  const auto& now = all.pulses[x.agent];
  if (x.points == x.base + now.load_points && x.last_used == now.last_used
      && x.version == now.version)
    return true;
  auto& own = all.seats[x.agent][members_[x.member].seat];
  x.base = own.base;
  x.points = own.points = own.base + now.load_points;
  x.last_used = own.last_used = now.last_used;
  x.version = now.version;
  heap_.replace(place, x, order{all, places_});
  return false;
}

/// The second best is a child of the first, the third one of the others or a
/// child of the second: at most seven places to look at.
lineup::rival lineup::pick(agent_board& all, bool deep) {
  order by{all, places_};
  for (;;) {
    auto found = nowhere;
    auto look = [&](uint32_t first) {
      auto end = std::min(first + 4, heap_.size());
      for (auto i = first; i < end; ++i)
        if (!(deep && i == second_)
            && (found == nowhere || by.before(heap_.at(i), heap_.at(found))))
          found = i;
    };
    look(1);
    if (deep)
      look(second_ * 4 + 1);
    if (found == nowhere)
      return {};
    if (!settle(all, found))
      continue;
    if (!deep)
      second_ = found;
    return {heap_.at(found).agent, heap_.at(found).points};
  }
}

} // namespace troupe::core
