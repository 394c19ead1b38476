#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include <caf/send.hpp>

#include "core/facts.hpp"
#include "core/sequence_search.hpp"
#include "runtime/api_question.hpp"

// A run's story: what the store has, then what happens.

namespace troupe::runtime {

using nlohmann::json;

namespace {

using sink_function = std::function<bool(const core::watch_event&)>;

std::string signal_json(const progress& x) {
  json y{{"kind", x.log ? "log" : "progress"},
         {"id", core::to_string(x.key.task)},
         {"run", core::to_string(x.key.task.run())},
         {"attempt", x.key.attempt},
         {x.log ? "line" : "note", x.note}};
  if (!x.log)
    y["fraction"] = x.fraction;
  return y.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Batches that a follower keeps while something is read for it.
constexpr size_t early_max = 10'000;

/// One follower of one run. First the feed is subscribed, then history is read;
/// what came meanwhile is told afterwards, without repeating.
class follower : public std::enable_shared_from_this<follower> {
public:
  explicit follower(sink_function sink) : sink_(std::move(sink)) {}

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

  /// From a reader: everything up to now. `ended`: nothing follows.
  void history(std::vector<core::fact> facts, bool complete,
               bool ended = false) {
    std::lock_guard guard{mutex_};
    feed_batch past;
    past.facts = std::move(facts);
    past.lost = !complete;
    if (!over_ && tell(past) && ended) {
      // Its end was told to whoever asks again after it.
      over_ = true;
      sink_({"", R"({"kind":"end"})", true});
    }
    if (!over_) {
      caught_up_ = true;
      for (const auto& x : early_)
        if (!tell(x))
          break;
    }
    early_.clear();
  }

private:
  bool lose() {
    over_ = true;
    sink_({"", R"({"kind":"lost"})", true});
    return false;
  }

  bool tell(const feed_batch& what) {
    if (what.lost)
      return lose();
    for (const auto& x : what.facts) {
      if (x.seq < next_seq_)
        continue;
      next_seq_ = x.seq + 1; // One run is one shard: plain numbers.
      auto ends = x.kind == core::fact_kind::run_state
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
      if (!sink_({"", signal_json(x), false}))
        return stop();
    return true;
  }

  bool stop() {
    over_ = true;
    return false;
  }

  std::mutex mutex_;
  sink_function sink_;
  uint64_t next_seq_ = 0;
  bool caught_up_ = false;
  bool over_ = false;
  std::vector<feed_batch> early_;
};

/// Who sees all runs of a workspace, from now on. Whose a run is, a reader
/// looks up once; until it knows, what comes waits, so that the order stays.
class workspace_follower
  : public std::enable_shared_from_this<workspace_follower> {
public:
  /// Which of these runs are the workspace's; nothing: it could not be read.
  using own_runs = std::optional<std::set<core::id>>;
  using look_up = std::function<void(const std::set<core::id>& runs,
                                     std::function<void(own_runs)> then)>;

  workspace_follower(sink_function sink, look_up ask)
    : sink_(std::move(sink)), ask_(std::move(ask)) {}

  ~workspace_follower() {
    if (!over_)
      lose(); // The feed was restarted and knows it no more.
  }

  /// From the feed. False: nobody listens any more.
  bool live(const feed_batch& what) {
    std::unique_lock guard{mutex_};
    if (over_)
      return false;
    if (what.lost || waiting_.size() >= early_max)
      return lose();
    waiting_.push_back(what);
    if (!asking_)
      go_on(guard);
    return !over_;
  }

private:
  static constexpr size_t known_max = 100'000; // Runs.

  /// Tells what is known to be the workspace's, and asks for the rest.
  void go_on(std::unique_lock<std::mutex>& guard) {
    while (!over_ && !waiting_.empty()) {
      auto unknown = runs_in(waiting_.front());
      std::erase_if(unknown,
                    [this](core::id x) { return known_.count(x) > 0; });
      if (unknown.empty()) {
        tell(waiting_.front());
        waiting_.pop_front();
        continue;
      }
      asking_ = true;
      guard.unlock(); // The answer may come at once.
      ask_(unknown, [me = shared_from_this(), unknown](const own_runs& own) {
        me->learn(unknown, own);
      });
      return;
    }
  }

  void learn(const std::set<core::id>& asked, const own_runs& own) {
    std::unique_lock guard{mutex_};
    asking_ = false;
    if (over_)
      return;
    if (!own) {
      lose();
      return;
    }
    if (known_.size() + asked.size() > known_max)
      known_.clear();
    for (auto run : asked)
      known_[run] = own->count(run) > 0;
    go_on(guard);
  }

  static std::set<core::id> runs_in(const feed_batch& what) {
    std::set<core::id> all;
    for (const auto& x : what.facts)
      all.insert(x.subject.run());
    for (const auto& x : what.signals)
      all.insert(x.key.task.run());
    return all;
  }

  void tell(const feed_batch& what) {
    for (const auto& x : what.facts)
      if (known_[x.subject.run()])
        say(core::to_json(x));
    for (const auto& x : what.signals)
      if (known_[x.key.task.run()])
        say(signal_json(x));
  }

  void say(std::string line) {
    // Without a cursor: numbers of many shards name no place to go on from.
    if (!over_ && !sink_({"", std::move(line), false}))
      over_ = true;
  }

  bool lose() {
    over_ = true;
    sink_({"", R"({"kind":"lost"})", true});
    return false;
  }

  std::mutex mutex_;
  sink_function sink_;
  look_up ask_;
  std::map<core::id, bool> known_; // Whether it is the workspace's.
  std::deque<feed_batch> waiting_;
  bool asking_ = false;
  std::atomic<bool> over_{false};
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

/// Which of the runs are of the workspace; nothing if that cannot be read.
workspace_follower::own_runs runs_of(core::store_reader& store,
                                     const std::set<core::id>& runs,
                                     const std::string& workspace) {
  workspace_follower::own_runs own{std::in_place};
  for (auto run : runs) {
    auto row = store.find_run(run);
    if (!row)
      return std::nullopt;
    if (*row && (*row)->workspace == workspace)
      own->insert(run);
  }
  return own;
}

} // namespace

void node_api::watch(core::watch_request what,
                     std::function<bool(const core::watch_event&)> sink) {
  auto feed = child_ref<feed_actor>{home_->feed}.handle();
  if (!feed || !open_) {
    sink({"", R"({"kind":"lost"})", true});
    return;
  }
  if (!what.run) {
    // Weak: the feed keeps the follower, which must not keep the node.
    auto ask =
      [weak = weak_from_this(), workspace = what.workspace](
        const std::set<core::id>& runs,
        const std::function<void(workspace_follower::own_runs)>& then) {
        auto lost = [then] { then(std::nullopt); };
        auto job = [runs, workspace, then](core::store_reader& store) {
          then(runs_of(store, runs, workspace));
        };
        if (auto me = weak.lock())
          return me->read(keep_promise(std::move(job), lost),
                          [lost](const core::api_answer&) { lost(); });
        lost();
      };
    auto all =
      std::make_shared<workspace_follower>(std::move(sink), std::move(ask));
    caf::anon_send(
      feed, watch_atom_v, core::id{},
      feed_callback{[all](const feed_batch& x) { return all->live(x); }});
    return;
  }
  auto who = std::make_shared<follower>(std::move(sink));
  caf::anon_send(
    feed, watch_atom_v, what.run,
    feed_callback{[who](const feed_batch& x) { return who->live(x); }});
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
        who->history(std::move(*facts), true, core::terminal((*row)->state));
      else
        who->history({}, false);
    },
    [who](const core::api_answer&) { who->history({}, false); });
}

} // namespace troupe::runtime
