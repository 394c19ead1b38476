#include "actors/feed.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace troupe {

namespace {

using self_ptr = feed_actor::stateful_pointer<feed_state>;

void tell_all(self_ptr self, const feed_batch& all) {
  auto& followers = self->state.followers;
  for (auto pos = followers.begin(); pos != followers.end();) {
    auto goes_on = true;
    if (!pos->run) {
      goes_on = pos->tell(all);
    } else {
      feed_batch part;
      part.lost = all.lost;
      for (const auto& x : all.facts)
        if (x.subject.run() == pos->run)
          part.facts.push_back(x);
      for (const auto& x : all.signals)
        if (x.key.task.run() == pos->run)
          part.signals.push_back(x);
      if (part.lost || !part.facts.empty() || !part.signals.empty())
        goes_on = pos->tell(part);
    }
    pos = goes_on ? std::next(pos) : followers.erase(pos);
  }
}

} // namespace

feed_actor::behavior_type feed(self_ptr self) {
  return {
    [self](const feed_chunk& x) {
      if (self->state.followers.empty())
        return; // Nobody listens: not even decoded.
      feed_batch all;
      auto facts = core::read_facts(x.facts.view(), x.first_seq);
      if (facts && x.count > 0)
        all.facts = std::move(*facts);
      else
        all.lost = true;
      tell_all(self, all);
    },
    [self](const progress& x) {
      if (self->state.followers.empty())
        return;
      feed_batch all;
      all.signals.push_back(x);
      tell_all(self, all);
    },
    [self](watch_atom, core::id run, feed_callback& tell) {
      auto& followers = self->state.followers;
      feed_batch first; // Tells that it follows now.
      if (followers.size() >= feed_followers_max) {
        first.lost = true;
        tell(first);
        return;
      }
      if (tell(first))
        followers.push_back({run, std::move(tell)});
    },
  };
}

} // namespace troupe
