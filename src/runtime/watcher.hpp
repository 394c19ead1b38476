#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/parcels.hpp"
#include "core/api.hpp"
#include "core/store.hpp"

namespace troupe::runtime {

using watch_sink = std::function<bool(const core::watch_event&)>;

/// Whose a run is.
struct run_owner {
  std::string workspace;
  std::string name; // Of its workflow.
};

/// Something that happened, as it is told to many: what is said of it is made
/// once, and only if somebody wants it. Lives as long as it is told.
class happening {
public:
  happening(const core::fact& what, uint32_t shard);
  explicit happening(const progress& what);

  bool is_fact() const { return fact_ != nullptr; }
  core::event_kinds kind() const { return kind_; }
  core::id subject() const { return subject_; }
  uint64_t seq() const { return fact_->seq; }
  uint32_t shard() const { return shard_; }
  bool ends_run() const;
  const std::string& json() const;
  /// Where all shards stand after it.
  const std::string& cursor(const core::positions& next) const;

private:
  const core::fact* fact_ = nullptr;
  const progress* signal_ = nullptr;
  core::event_kinds kind_ = 0;
  core::id subject_;
  uint32_t shard_ = 0;
  mutable std::string json_;
  mutable std::string cursor_;
};

/// One follower of one run or of all runs of a workspace: first it is told what
/// is past, as fast as it takes it, then what happens. Each fact once, those of
/// a run in their order.
class watcher {
public:
  watcher(core::watch_request what, watch_sink sink);
  ~watcher();

  core::id run() const { return what_.run; }
  const std::string& workspace() const { return what_.workspace; }
  bool over();

  /// It has been told all before these.
  void begin_at(core::positions next);

  enum class past : uint8_t {
    more,  // Ask again.
    waits, // `go_on` is called when the reader has room.
    told,  // All that the store has.
    over,  // Nobody listens any more.
  };

  /// Tells a slice of what the store has. Without `go_on` the reader's pace is
  /// not looked at.
  past tell_past(core::store_reader& store, uint32_t shards,
                 const std::function<void()>& go_on);

  /// What comes from now on is kept until `catch_up`. `until`: what it is told
  /// of the past ends there; all that follows comes live. Empty: no such end.
  void join(core::positions until);

  /// All that is past is told: now what was kept, then the rest as it comes.
  /// `ended`: the run has, and nothing follows.
  void catch_up(bool ended);

  /// What happens, with whose run it is (null: its own, if it follows one run)
  /// and where all shards stand after it. False: nobody listens any more.
  bool live(const happening& x, const run_owner* whose,
            const core::positions& next);

  /// The thread is lost: says why and ends.
  void lose(const std::string& why);

private:
  struct kept {
    uint32_t shard = 0;
    uint64_t seq = 0; // 0: no fact.
    bool ends = false;
    std::string json; // Empty: not wanted.
    std::string cursor;
  };

  uint64_t& place(uint32_t shard) { return next_[what_.run ? 0 : shard]; }
  std::string cursor() const;
  bool wants(const happening& x, const run_owner* whose) const;
  bool mine(core::store_reader& store, core::id run);
  past tell_segments(core::store_reader& store, uint32_t shard,
                     const std::function<void()>& go_on);
  past tell_facts(core::store_reader& store,
                  const std::vector<core::fact>& facts, uint32_t shard,
                  const std::function<void()>& go_on);
  bool tell_fact(const core::fact& x);
  bool gone();
  bool say(std::string cursor, std::string json, bool last = false);
  bool say_kept(const kept& x);
  bool note_place(const std::string& cursor);
  void stop_with(const std::string& why);

  std::mutex mutex_;
  const core::watch_request what_;
  watch_sink sink_;
  core::positions next_; // Of the run's shard, or of all.
  core::positions until_;
  uint32_t shard_ = 0; // Of the past, that is told now.
  std::map<core::id, bool> mine_;
  std::deque<kept> kept_;
  size_t unsaid_ = 0; // Facts since it was last told where it stands.
  bool joined_ = false;
  bool caught_up_ = false;
  bool ahead_ = false; // It knows more of some shard than was told live.
  bool over_ = false;
};

using watcher_ptr = std::shared_ptr<watcher>;

} // namespace troupe::runtime
