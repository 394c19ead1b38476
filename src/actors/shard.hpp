#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "actors/house.hpp"
#include "actors/patience.hpp"
#include "actors/run.hpp"
#include "core/gathering.hpp"
#include "core/timer_wheel.hpp"
#include "core/window.hpp"

namespace troupe {

/// A ready task that the coordinator knows, or will know.
struct offer {
  work_ptr what;
  caf::actor_id to = 0; // Which coordinator has heard of it; 0: none.
};

/// A run that is live in this shard.
struct live_run {
  run_actor actor;
  uint64_t serial = 0; // Its name in the timer wheel.
  core::id parent;
  uint32_t parent_task = 0;
  bool announced = false; // Its first commit is through: it has left the door.
  bool over = false;
  core::run_row last;            // Set when `over`.
  std::vector<uint64_t> waiters; // Commands to answer when it has ended.
  /// Commands on their way to it. Until it has answered them it is not dropped,
  /// and if it is killed they are given to its next life.
  std::map<uint64_t, command> asked;
  std::vector<core::workflow_ptr> parts; // For its sub-runs.
  std::unordered_map<uint32_t, core::timer_handle> timers;
  std::unordered_map<uint32_t, offer> offered; // By the task's number.
};

/// What waits for a commit.
struct held_back {
  std::vector<std::pair<core::id, std::vector<work_ptr>>> offers;
  std::map<std::string, std::vector<token>> go, recorded; // By agent.
  std::vector<answer> answers;
  std::vector<core::id> over;
  std::vector<core::id> reload; // Crashed; to be read when it is all written.
  std::vector<name_in_workspace> keys, definitions; // Then the store has them.
};

struct in_flight_batch {
  uint64_t first_seq = 0;
  uint32_t count = 0;
  size_t bytes = 0;
  held_back then;
};

/// Before a shard is open it finds out what it has: the store's word, the
/// coordinator's and the hosts'.
struct opening {
  bool coordinator_knows = false;
  bool rows_known = false;
  std::set<std::string> hosts; // Not heard of yet.
  std::vector<core::run_row> rows;
  std::map<core::id, std::vector<held_attempt>> held; // By run.
  std::vector<ended> done;
  std::vector<command> commands;
  patience hosts_wait; // Then who has not answered holds nothing.
};

/// A run that is being read, and what waits for it.
struct loading {
  std::vector<command> commands;
  std::vector<held_attempt> held;
  std::vector<ended> done;
  std::set<std::string> hosts; // To be heard before it is read.
  patience hosts_wait;         // Then who has not answered holds nothing.
  bool written = true;         // What it had decided is in the store.
  bool reading = false;
  bool told = false;     // That it cannot be read.
  bool at_start = false; // The shard opens; else it was a crash or a command.
  // Of the life before.
  std::vector<uint64_t> waiters;
  std::vector<core::workflow_ptr> parts;
};

struct shard_actor_state {
  static inline const char* name = "shard";
  shard_actor_state() = default;
  ~shard_actor_state(); // Its runs end with it, however it ends.
  house_ptr home;
  uint32_t index = 0;
  child_ref<journal_actor> journal;
  child_ref<coordinator_actor> coordinator;
  child_ref<clock_actor> clock;
  child_ref<desk_actor> desk;
  std::vector<child_ref<reader_actor>> readers;
  uint64_t epoch = 0;
  uint64_t next_seq = 0;
  bool clean = true; // The node's last end was orderly.
  core::instant opened_at;
  bool first_life = false; // Of this process: what was in progress is lost.
  bool intake = true;
  std::optional<opening> before; // Until it is open.
  std::map<core::id, live_run> runs;
  std::unordered_map<uint64_t, core::id> by_serial; // Never iterated.
  uint64_t last_serial = 0;
  std::map<core::id, loading> loads;
  /// Runs that a new coordinator waits to hear of, and how often they were
  /// asked.
  std::map<core::id, uint32_t> unheard;
  /// Commands that wait for what the store has under their name: one look for
  /// all, so that who comes second finds what the first has made.
  std::map<name_in_workspace, std::vector<command>> keys, definitions;
  /// What the store does not have yet: who asks is answered from here.
  std::map<name_in_workspace, core::key_row> unwritten_keys;
  std::map<name_in_workspace, std::string> unwritten_definitions; // Hashes.
  std::set<std::string> stored_definitions; // Hashes; bounded.
  std::optional<core::window> live;
  core::timer_wheel wheel;
  core::instant next_tick;
  core::gathering gather;
  size_t counted_bytes = 0;   // Its part in `house::pending_bytes`.
  uint64_t counted_queue = 0; // Its part in `house::queued`.
  held_back then;             // For what `gather` has.
  std::optional<in_flight_batch> flying;
  bool looking = false; // An `again` is on its way to us.
  bool settling = false;
  bool settling_later = false;
  bool awaited = false; // Somebody waits for what is gathered.
};

using shard_ptr = shard_actor::stateful_pointer<shard_actor_state>;

shard_actor::behavior_type shard(shard_ptr self, house_ptr home, uint32_t index,
                                 uint64_t generation);

// Between the files of this actor.

void open_shard(shard_ptr self);
void coordinator_has_forgotten(shard_ptr self);
void opened_further(shard_ptr self);
void look_for_hosts(shard_ptr self);
void take_held(shard_ptr self, held_list& held);
loading& loading_of(shard_ptr self, core::id run);
void read_if_ready(shard_ptr self, core::id run);
void run_crashed(shard_ptr self, const caf::down_msg& down);
void left_window(shard_ptr self, const token& key);
void report(shard_ptr self);
void run_heard(shard_ptr self, core::id run, uint32_t answers);
void run_gone(shard_ptr self, core::id run);
void say_that_is_all(shard_ptr self);
void loaded(shard_ptr self, loaded_run& x);
void activate(shard_ptr self);
void take_rows(shard_ptr self, loaded_runs& x);
void ask_again_now(shard_ptr self);
void read_again(shard_ptr self);
void look_again_soon(shard_ptr self);
void read_later(shard_ptr self, loading& wait, const loaded_run& x);
failure reader_lost();

void obey(shard_ptr self, command& x);
void key_is_known(shard_ptr self, found_key& x);
void keep_definition(shard_ptr self, found_definition& x);
void answer_to(shard_ptr self, answer x);
void start_sub_run(shard_ptr self, core::id parent, sub_run_request& x);
void sub_run_is_known(shard_ptr self, found_sub_run& x);
live_run& spawn_run(shard_ptr self, core::id key,
                    std::shared_ptr<run_start> how);

void take_changes(shard_ptr self, changes& x);
void count_pending(shard_ptr self);
void settle_soon(shard_ptr self);
void settle(shard_ptr self);
void release(shard_ptr self, held_back& what);
void fire_timers(shard_ptr self);
void drop_run(shard_ptr self, core::id key);
core::lane_key lane_of(const work& x);
void read(shard_ptr self, const core::id& by, read_job job);

} // namespace troupe
