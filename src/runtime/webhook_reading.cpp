#include "runtime/webhook_reading.hpp"

#include <algorithm>
#include <utility>

namespace troupe::runtime {

namespace {

constexpr size_t events_max = 100; // Of one delivery.
constexpr size_t events_bytes_max = 256 * 1024;
constexpr uint32_t segments_max = 64; // Of one reading.
constexpr size_t known_max = 10'000;

class reading {
public:
  reading(core::store_reader& from, const webhook_wish& wish, known_runs& known,
          webhook_reading& to)
    : from_(from), wish_(wish), known_(known), to_(to) {}

  /// False: enough for now, or it cannot be read.
  bool shard(uint32_t number, uint64_t newest) {
    auto& at = to_.after[number];
    if (at >= newest)
      return true;
    auto segments = from_.history(number, at, left_);
    if (!segments)
      return fail(segments.error());
    for (const auto& x : *segments) {
      if (x.first_seq > at) {
        to_.lost += x.first_seq - at;
        at = x.first_seq;
      }
      if (!segment(x, at))
        return false;
      --left_;
    }
    // What is not there any more will not come.
    if (segments->empty())
      to_.lost += newest - std::exchange(at, newest);
    return left_ > 0;
  }

private:
  bool fail(failure why) {
    to_.why = std::move(why);
    return false;
  }

  bool segment(const core::segment& x, uint64_t& at) {
    auto facts = core::read_facts(x.facts.view(), x.first_seq);
    if (!facts)
      return fail(facts.error());
    for (const auto& fact : *facts) {
      if (fact.seq < at)
        continue;
      if (full())
        return false;
      if (wanted(fact))
        add(x.shard, fact);
      if (to_.why)
        return false;
      at = fact.seq + 1;
    }
    at = x.first_seq + x.count;
    return true;
  }

  bool full() const {
    return to_.events.size() >= events_max || bytes_ >= events_bytes_max;
  }

  bool wanted(const core::fact& x);
  void add(uint32_t shard, const core::fact& x);

  core::store_reader& from_;
  const webhook_wish& wish_;
  known_runs& known_;
  webhook_reading& to_;
  uint32_t left_ = segments_max;
  size_t bytes_ = 0;
};

bool reading::wanted(const core::fact& x) {
  const auto& kinds = wish_.kinds;
  if (!kinds.empty()
      && std::find(kinds.begin(), kinds.end(), x.kind) == kinds.end())
    return false;
  auto run = x.subject.run();
  if (auto pos = known_.find(run); pos != known_.end())
    return pos->second;
  auto row = from_.find_run(run);
  if (!row)
    return fail(row.error());
  if (known_.size() >= known_max)
    known_.clear();
  // A run that is gone was nobody's, as far as anybody can tell.
  auto ours = row->has_value() && (*row)->workspace == wish_.workspace;
  return known_[run] = ours;
}

void reading::add(uint32_t shard, const core::fact& x) {
  auto id = std::to_string(shard) + "." + std::to_string(x.seq);
  auto text = "{\"event\":\"" + id + "\"," + core::to_json(x).substr(1);
  bytes_ += text.size();
  to_.events.push_back(std::move(text));
}

} // namespace

webhook_reading read_events(core::store_reader& from, const webhook_wish& wish,
                            core::webhook_book::positions at,
                            const core::webhook_book::positions& newest,
                            uint32_t first, known_runs& known) {
  webhook_reading out;
  out.after = std::move(at);
  if (!wish.facts) {
    out.after = newest;
    return out;
  }
  reading way{from, wish, known, out};
  auto shards = static_cast<uint32_t>(newest.size());
  for (uint32_t i = 0; i < shards; ++i) {
    auto number = (first + i) % shards;
    out.next = (number + 1) % shards;
    if (!way.shard(number, newest[number]))
      break;
  }
  return out;
}

} // namespace troupe::runtime
