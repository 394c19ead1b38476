#include <map>
#include <mutex>

#include <caf/send.hpp>

#include "core/facts.hpp"
#include "core/sequence_search.hpp"
#include "runtime/api_question.hpp"

// A run's story: what the store has, then what happens.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// One follower. First the feed is subscribed, then history is read; what came
/// meanwhile is told afterwards, without repeating.
class follower : public std::enable_shared_from_this<follower> {
public:
  follower(std::function<bool(const core::watch_event&)> sink, core::id run)
    : sink_(std::move(sink)), run_(run) {}

  ~follower() {
    if (!over_)
      lose(); // The feed was restarted and knows it no more.
  }

  /// From the feed. False: nobody listens any more.
  bool live(const feed_batch& what) {
    std::lock_guard guard{mutex_};
    if (over_)
      return false;
    if (!caught_up_) {
      if (early_.size() >= early_max)
        return lose();
      early_.push_back(what);
      return true;
    }
    return tell(what);
  }

  /// From a reader: everything up to now.
  void history(std::vector<core::fact> facts, bool complete) {
    std::lock_guard guard{mutex_};
    feed_batch past;
    past.facts = std::move(facts);
    past.lost = !complete;
    if (!over_ && tell(past)) {
      caught_up_ = true;
      for (const auto& x : early_)
        if (!tell(x))
          break;
    }
    early_.clear();
  }

private:
  static constexpr size_t early_max = 10'000; // Batches kept while reading.

  bool lose() {
    over_ = true;
    sink_({"", R"({"kind":"lost"})", true});
    return false;
  }

  bool tell(const feed_batch& what) {
    if (what.lost)
      return lose();
    for (const auto& x : what.facts) {
      if (run_ && x.subject.run() != run_)
        continue;
      if (x.seq < next_seq_)
        continue;
      if (run_) // One run is one shard: plain numbers.
        next_seq_ = x.seq + 1;
      auto ends = run_ && x.kind == core::fact_kind::run_state
                  && core::run_state_from(x.detail)
                  && core::terminal(*core::run_state_from(x.detail));
      if (!sink_({std::to_string(x.seq + 1), core::to_json(x), false}))
        return stop();
      if (ends) {
        sink_({std::to_string(x.seq + 1), R"({"kind":"end"})", true});
        return stop();
      }
    }
    for (const auto& x : what.signals)
      if (!run_ || x.key.task.run() == run_)
        if (!sink_({"", signal_json(x), false}))
          return stop();
    return true;
  }

  bool stop() {
    over_ = true;
    return false;
  }

  static std::string signal_json(const progress& x) {
    json y{{"kind", x.log ? "log" : "progress"},
           {"id", core::to_string(x.key.task)},
           {"run", core::to_string(x.key.task.run())},
           {"attempt", x.key.attempt},
           {x.log ? "line" : "note", x.note}};
    if (!x.log)
      y["fraction"] = x.fraction;
    return y.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  std::mutex mutex_;
  std::function<bool(const core::watch_event&)> sink_;
  core::id run_;
  uint64_t next_seq_ = 0;
  bool caught_up_ = false;
  bool over_ = false;
  std::vector<feed_batch> early_;
};

/// Facts of two runs may come into a shard's order later than they were made,
/// but not that much.
constexpr std::chrono::minutes order_slack{1};

/// From where on a shard's history can hold facts of this run.
core::result<uint64_t> story_begin(core::store_reader& store,
                                   const core::run_row& row, uint32_t shard) {
  auto at = [&](uint64_t seq) -> core::result<std::optional<core::instant>> {
    auto found = store.history(shard, seq, 1);
    if (!found)
      return found.error();
    if (found->empty())
      return std::optional<core::instant>{};
    const auto& segment = found->front();
    auto facts = core::read_facts(segment.facts.view(), segment.first_seq);
    if (!facts)
      return facts.error();
    return facts->empty() ? std::optional<core::instant>{}
                          : std::optional{facts->front().at};
  };
  return core::first_since(at, row.created_at - order_slack);
}

/// All facts of a run from a number on.
core::result<std::vector<core::fact>> facts_of(core::store_reader& store,
                                               core::id run, uint32_t shard,
                                               uint64_t from) {
  constexpr uint32_t segments_per_read = 1024;
  std::vector<core::fact> all;
  for (;;) {
    auto segments = store.history(shard, from, segments_per_read);
    if (!segments)
      return segments.error();
    for (const auto& segment : *segments) {
      auto facts = core::read_facts(segment.facts.view(), segment.first_seq);
      if (!facts)
        return facts.error();
      for (auto& x : *facts)
        if (x.seq >= from && x.subject.run() == run)
          all.push_back(std::move(x));
      from = segment.first_seq + segment.count;
    }
    if (segments->size() < segments_per_read)
      return all;
  }
}

} // namespace

void node_api::watch(core::watch_request what,
                     std::function<bool(const core::watch_event&)> sink) {
  auto feed = child_ref<feed_actor>{home_->feed}.handle();
  if (!feed || !open_) {
    sink({"", R"({"kind":"lost"})", true});
    return;
  }
  auto who = std::make_shared<follower>(std::move(sink), what.run);
  caf::anon_send(
    feed, watch_atom_v, what.run,
    feed_callback{[who](const feed_batch& x) { return who->live(x); }});
  if (!what.run) {
    who->history({}, true); // Of all runs: from now on.
    return;
  }
  uint64_t from = std::strtoull(what.after.c_str(), nullptr, 10);
  auto shard = home_->shard_of(what.run);
  read(
    [who, run = what.run, shard, from,
     workspace = what.workspace](core::store_reader& store) {
      auto row = store.find_run(run);
      auto known = row && *row && (*row)->workspace == workspace;
      if (!known)
        return who->history({}, false);
      // Facts of a run begin with the run: none are older than it.
      auto begin = story_begin(store, **row, shard);
      auto facts = begin ? facts_of(store, run, shard, std::max(from, *begin))
                         : begin.error();
      if (facts)
        who->history(std::move(*facts), true);
      else
        who->history({}, false);
    },
    [who](const core::api_answer&) { who->history({}, false); });
}

} // namespace troupe::runtime
