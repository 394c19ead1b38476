#pragma once

#include <map>
#include <random>
#include <set>
#include <unordered_map>

#include <caf/event_based_actor.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>

#include "core/restart_policy.hpp"
#include "troupe/supervisor.hpp"

namespace troupe {

/// Where a supervisor stands in the tree.
struct supervisor_place {
  std::string path;
  uint64_t generation = 1;
  std::vector<std::pair<caf::actor_addr, std::string>> lineage;
};

caf::expected<caf::actor> spawn_below(caf::actor_system& sys,
                                      supervisor_spec spec,
                                      supervisor_place place);

/// The actor behind every supervisor. It never blocks and spawns only through
/// start functions. Starts and stops are steps of `pump`, driven by downs and
/// timers; `restart_policy` decides.
///
/// It does not link: a link of CAF works both ways, and a child that is killed
/// would take its supervisor along. It monitors, and `on_exit` ends what is
/// left however the supervisor itself came to its end.
class supervisor_actor : public caf::event_based_actor {
public:
  supervisor_actor(caf::actor_config& cfg, supervisor_spec spec,
                   supervisor_place place);

  const char* name() const override { return "supervisor"; }
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  enum class phase : uint8_t { working, stopping, halting };

  enum class timer : uint8_t {
    restart_due,    // A backoff is over.
    start_deadline, // A child did not announce itself.
    stop_deadline,  // A child drains too long: kill it.
    kill_deadline,  // It was killed and still runs.
    sweep,          // The next chunk of a parallel stop.
    all_deadline,   // A parallel stop drains too long.
    finish,         // What is left now is stuck.
    watch_more,     // The next chunk for a new watcher.
  };

  /// INVARIANT: `handle` is set from the spawn until its down was handled.
  struct child {
    uint64_t key = 0; // Its place in the start order.
    std::string id;
    std::shared_ptr<const child_spec> spec;
    caf::message args;
    child_state state = child_state::stopped;
    caf::actor handle;
    uint64_t generation = 0;
    uint32_t lives = 0;
    caf::error last_error;
    std::optional<core::instant> up_since; // By the actor clock.
    core::instant up_since_utc{};
    std::optional<core::restart_window> window; // None: the shared one.
    core::backoff_schedule backoff{{}};
    uint64_t serial = 0;    // Of its only valid timer.
    bool in_order = true;   // Starts after all before it have settled.
    bool again = false;     // Starts again after this stop.
    bool asked = false;     // Was told to end.
    bool timed_out = false; // Killed because it did not announce itself.
    bool stuck = false;     // Was killed and is still there.
    size_t orphans = 0;     // Of its former life, still there.
    caf::typed_response_promise<child_up>
      on_start; // Who asked for its first life.
    std::vector<caf::typed_response_promise<caf::ok_atom>> on_stop;
  };

  struct orphan {
    uint64_t key = 0; // Whose start waits for it; 0: nobody's.
    caf::actor handle;
  };

  struct watcher {
    caf::actor_addr who;
    uint64_t next_key = 0; // The snapshot goes on there.
  };

  // -- supervisor_actor.cpp: messages
  void on_down(const caf::down_msg& msg);
  void on_timer(timer what, uint64_t key, uint64_t serial);
  void on_ready(const caf::strong_actor_ptr& sender);
  void on_orphans(const std::string& id, std::vector<caf::actor>& handles);
  caf::result<caf::ok_atom> on_watch(const caf::actor& who);
  void watch_more(uint64_t actor_id);
  child_counts counts() const;

  // -- supervisor_start.cpp: lives
  child& add(std::shared_ptr<const child_spec> spec, std::string id);
  caf::result<child_up> start_child(child_spec spec, caf::message args);
  caf::result<child_up> start_like_each(std::string id, caf::message args);
  caf::result<caf::ok_atom> restart_child(const std::string& id);
  void pump();
  child* next_start();
  void begin_life(child& c);
  void up(child& c);
  void ended(child& c, caf::error reason);
  bool comes_again(child& c, const caf::error& reason);
  void give_up(child& c, const caf::error& reason);
  void retire(child& c);
  void drop(child& c);
  void take_along(child& c);

  // -- supervisor_stop.cpp: ends
  caf::result<caf::ok_atom> stop_child(const std::string& id);
  void begin_stop(caf::error reason);
  void begin_halt();
  void ask_to_stop(child& c);
  void kill(child& c);
  void overdue(child& c);
  void stopped(child& c);
  void stop_next();
  void sweep(uint64_t from);
  void abandon(child& c);
  void abandon_rest();
  void cancel_starts();
  void finish_if_done();

  // -- supervisor_tree.cpp
  caf::result<tree_node> tree(const tree_query& query);
  tree_node describe(const child& c);
  tree_node describe_self();

  // -- small things

  /// Children told per turn, so that others get the thread, too.
  static constexpr size_t chunk = 256;

  core::instant now();
  double random();
  void set_state(child& c, child_state state);
  void set_timer(timer what, child& c, core::duration delay);
  void set_timer(timer what, uint64_t key, core::duration delay);
  void tell(supervision_event::what kind, const child& c, std::string reason,
            core::duration delay = {});
  template <class T>
  void tell_watchers(const T& msg);
  child* find(const std::string& id);
  child* find(uint64_t key);
  bool parallel() const {
    return spec_.strategy == restart_strategy::dynamic
           || phase_ == phase::halting;
  }

  supervisor_spec spec_;
  supervisor_place place_;
  std::mt19937_64 rng_;
  core::restart_window window_;
  phase phase_ = phase::working;
  caf::error quit_reason_;
  core::instant started_{};
  core::instant started_utc_{};

  std::map<uint64_t, child> children_; // Ascending is the start order.
  std::unordered_map<std::string, uint64_t> by_id_;
  std::unordered_map<caf::actor_addr, uint64_t> by_actor_;
  std::unordered_map<caf::actor_addr, orphan> orphans_;
  std::vector<watcher> watchers_;
  std::set<uint64_t> unsettled_;      // Starting or backing off.
  std::set<uint64_t> start_now_;      // Starting, whatever the others do.
  std::set<uint64_t> stop_queue_;     // Stopped one by one, the last first.
  std::vector<caf::actor> abandoned_; // Stuck ones that we stopped waiting for.
  uint64_t last_key_ = 0;
  uint64_t last_serial_ = 0;
  uint64_t running_ = 0;
  uint64_t stuck_ = 0;
  uint64_t significant_left_ = 0;
  bool kill_sweep_ = false; // The parallel stop is past its deadline.
  bool finishing_ = false;  // Only orphans are left, and their time runs.
};

} // namespace troupe
