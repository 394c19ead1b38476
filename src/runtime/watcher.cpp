#include "runtime/watcher.hpp"

#include <nlohmann/json.hpp>

#include "core/facts.hpp"
#include "core/model.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Happenings that are kept while the last of the past is read.
constexpr size_t kept_max = 100'000;
/// Segments of a shard's history that are read at a time.
constexpr uint32_t segments_per_slice = 64;
/// Facts of others after which a follower is told where it stands.
constexpr size_t unsaid_max = 4096;
/// Runs whose workspace is remembered while the past is told.
constexpr size_t mine_max = 10'000;

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

bool ends_run(const core::fact& x) {
  auto state = x.kind == core::fact_kind::run_state
                 ? core::run_state_from(x.detail)
                 : std::nullopt;
  return state && core::terminal(*state);
}

const std::string end_line = R"({"kind":"end"})";

} // namespace

// -- happenings

happening::happening(const core::fact& what, uint32_t shard)
  : fact_(&what), kind_(core::bit_of(what.kind)), subject_(what.subject),
    shard_(shard) {}

happening::happening(const progress& what)
  : signal_(&what), kind_(what.log ? core::log_bit : core::progress_bit),
    subject_(what.key.task) {}

bool happening::ends_run() const {
  return fact_ && runtime::ends_run(*fact_);
}

const std::string& happening::json() const {
  if (json_.empty())
    json_ = fact_ ? core::to_json(*fact_) : signal_json(*signal_);
  return json_;
}

const std::string& happening::cursor(const core::positions& next) const {
  if (cursor_.empty() && fact_)
    cursor_ = core::to_cursor(next);
  return cursor_;
}

// -- a follower

watcher::watcher(core::watch_request what, watch_sink sink)
  : what_(std::move(what)), sink_(std::move(sink)), next_(1, 0) {}

watcher::~watcher() {
  lose("a part of the node restarted");
}

bool watcher::over() {
  std::lock_guard guard{mutex_};
  // Some only learn that their reader has gone when they tell it something.
  if (!over_ && caught_up_)
    note_place({});
  return over_;
}

void watcher::begin_at(core::positions next) {
  std::lock_guard guard{mutex_};
  next_ = std::move(next);
}

std::string watcher::cursor() const {
  return what_.run ? std::to_string(next_[0]) : core::to_cursor(next_);
}

bool watcher::wants(const happening& x, const run_owner* whose) const {
  const auto& only = what_.only;
  return only.wants(x.kind(), x.subject())
         && (!whose
             || (whose->workspace == what_.workspace
                 && (only.name.empty() || only.name == whose->name)));
}

// -- the past; only here `next_` is written until the follower has caught up,
// so that reading needs no lock: those who tell what happens never wait for a
// disk

bool watcher::mine(core::store_reader& store, core::id run) {
  if (what_.run)
    return run == what_.run;
  if (auto known = mine_.find(run); known != mine_.end())
    return known->second;
  auto row = store.find_run(run);
  if (!row) {
    lose("the history cannot be read: " + row.error().message);
    return false;
  }
  if (mine_.size() >= mine_max)
    mine_.clear();
  const auto& name = what_.only.name;
  auto yes = *row && (*row)->workspace == what_.workspace
             && (name.empty() || (*row)->name == name);
  return mine_[run] = yes;
}

watcher::past watcher::tell_past(core::store_reader& store, uint32_t shards,
                                 const std::function<void()>& go_on) {
  if (what_.run)
    return tell_segments(store, core::shard_of(what_.run.slot(), shards),
                         go_on);
  for (; shard_ < next_.size(); ++shard_) {
    if (!until_.empty() && next_[shard_] >= until_[shard_])
      continue;
    if (auto how = tell_segments(store, shard_, go_on); how != past::told)
      return how;
  }
  shard_ = 0; // For what comes until it has joined.
  return gone() ? past::over : past::told;
}

watcher::past watcher::tell_segments(core::store_reader& store, uint32_t shard,
                                     const std::function<void()>& go_on) {
  auto segments = store.history(shard, place(shard), segments_per_slice);
  if (!segments) {
    lose("the history cannot be read: " + segments.error().message);
    return past::over;
  }
  for (const auto& segment : *segments) {
    // A run has no facts before its first; of all runs none may be missed.
    if (!what_.run && segment.first_seq > place(shard)) {
      lose("what happened after this cursor is no longer kept");
      return past::over;
    }
    auto facts = core::read_facts(segment.facts.view(), segment.first_seq);
    if (!facts) {
      lose(facts.error().message);
      return past::over;
    }
    if (auto how = tell_facts(store, *facts, shard, go_on); how != past::more)
      return how;
  }
  if (gone())
    return past::over;
  return segments->empty() ? past::told : past::more;
}

watcher::past watcher::tell_facts(core::store_reader& store,
                                  const std::vector<core::fact>& facts,
                                  uint32_t shard,
                                  const std::function<void()>& go_on) {
  for (const auto& x : facts) {
    if (x.seq < place(shard))
      continue;
    if (!until_.empty() && x.seq >= until_[shard])
      return past::told;
    auto own = mine(store, x.subject.run());
    place(shard) = x.seq + 1;
    if (!own)
      continue;
    if (!tell_fact(x))
      return past::over;
    if (go_on && what_.pace && !what_.pace->has_room(go_on))
      return past::waits;
  }
  return past::more;
}

bool watcher::tell_fact(const core::fact& x) {
  std::lock_guard guard{mutex_};
  if (what_.only.wants(core::bit_of(x.kind), x.subject))
    say(cursor(), core::to_json(x));
  if (what_.run && ends_run(x) && !over_)
    say(cursor(), end_line, true);
  return !over_;
}

bool watcher::gone() {
  std::lock_guard guard{mutex_};
  return over_;
}

// -- the present

void watcher::join(core::positions until) {
  std::lock_guard guard{mutex_};
  joined_ = true;
  until_ = std::move(until);
  if (!what_.run && what_.after.empty())
    next_ = until_; // From now on.
  for (size_t i = 0; i < until_.size(); ++i)
    ahead_ = ahead_ || next_[i] > until_[i];
}

void watcher::catch_up(bool ended) {
  std::lock_guard guard{mutex_};
  caught_up_ = true;
  if (!over_ && !ended)
    note_place(cursor());
  for (auto& x : kept_) {
    if (over_)
      break;
    auto& next = place(x.shard);
    if (x.seq != 0 && x.seq < next)
      continue;
    if (x.seq != 0)
      next = x.seq + 1;
    say_kept(x);
  }
  kept_ = {};
  // Its end was told to whoever asks again after it.
  if (!over_ && ended)
    say({}, end_line, true);
}

bool watcher::live(const happening& x, const run_owner* whose,
                   const core::positions& next) {
  std::lock_guard guard{mutex_};
  if (over_)
    return false;
  if (x.is_fact() && caught_up_ && x.seq() < place(x.shard()))
    return true;
  kept one{x.shard(),
           x.is_fact() ? x.seq() : 0,
           what_.run && x.ends_run(),
           wants(x, whose) ? x.json() : std::string{},
           {}};
  if (!caught_up_) {
    if (!what_.run)
      one.cursor = x.cursor(next);
    if (joined_ && kept_.size() >= kept_max)
      stop_with("too much happened while the past was told");
    else if (joined_)
      kept_.push_back(std::move(one));
    return !over_;
  }
  if (x.is_fact())
    place(x.shard()) = x.seq() + 1;
  if (ahead_)
    ahead_ = next_ != next;
  if (!what_.run && !one.json.empty() && !ahead_)
    one.cursor = x.cursor(next);
  if (one.json.empty() && ++unsaid_ >= unsaid_max && !what_.run)
    note_place(cursor());
  return say_kept(one);
}

void watcher::lose(const std::string& why) {
  std::lock_guard guard{mutex_};
  stop_with(why);
}

// -- saying

bool watcher::say(std::string at, std::string line, bool last) {
  unsaid_ = 0;
  if (over_)
    return false;
  over_ = !sink_({std::move(at), std::move(line), last}) || last;
  return !over_;
}

bool watcher::say_kept(const kept& x) {
  auto at = x.seq == 0                                ? std::string{}
            : what_.run || ahead_ || x.cursor.empty() ? cursor()
                                                      : x.cursor;
  if (!x.json.empty() && !say(at, x.json))
    return false;
  return !x.ends || say(at, end_line, true);
}

bool watcher::note_place(const std::string& at) {
  return say(at, {});
}

void watcher::stop_with(const std::string& why) {
  if (!over_)
    say({}, json{{"kind", "lost"}, {"why", why}}.dump(), true);
  kept_ = {};
}

} // namespace troupe::runtime
