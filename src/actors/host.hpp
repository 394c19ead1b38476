#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

#include "actors/attempt_line.hpp"
#include "actors/present_call.hpp"
#include "core/on_demand.hpp"
#include "core/restart_policy.hpp"
#include "core/timer_wheel.hpp"

namespace troupe {

/// One agent as it is configured.
struct agent_spec {
  profile who;
  std::string kind = "c++"; // As shown.
  std::string made_from;    // The standby; empty: it is always there.
  std::variant<agent_factory, reactive_factory> make;
  bool outside = false; // Works in other processes.
  /// What the agent's code says it can do, if that is new since the last call.
  /// Empty: it is as configured. From any thread.
  std::function<std::optional<std::vector<std::string>>()> announced;
  /// Crashes beyond it disable the agent for `disabled_for`.
  restart_intensity limit{100, std::chrono::seconds{5}};
  std::chrono::seconds disabled_for{30};
  uint64_t number = 1; // Grows when it is changed while the node runs.
};

/// What agents are made from when their work is there.
struct standby_spec {
  core::standby rule;
  /// Name and `made_from` are the crew's.
  std::function<core::result<agent_spec>()> make;
};

/// An attempt that a host has.
struct hosted {
  enum class phase : uint8_t { waits_for_go, runs, ended };
  work_ptr what;
  std::shared_ptr<attempt_line> line;
  std::unique_ptr<ended> end; // Kept until it is recorded.
  core::instant since;
  phase now = phase::waits_for_go;
  uint64_t spec = 0;         // The number of that which works on it.
  bool slot_is_free = false; // Its slot is somebody else's.
  bool timed_out = false;    // It is to end because its time is up.
};

/// A slot of an agent that may block: an instance with its own thread.
struct slot {
  instance_actor instance;
  token busy; // task nil: free.
};

/// An instance of an agent as it was before a change: it finishes what it has.
struct old_slot {
  slot what;
  uint64_t spec = 0;
};

struct token_hash {
  size_t operator()(const token& x) const noexcept {
    return std::hash<core::id>{}(x.task) ^ x.attempt;
  }
};

/// What outlives a host actor: its agents' code goes on while it restarts.
struct host_memory {
  std::unordered_map<token, hosted, token_hash> attempts;
  std::set<token> unrecorded; // Those that have ended.
  uint32_t without_slot = 0;  // Those whose slot is somebody else's.
  std::vector<slot> slots;    // A reactive agent has one, for all.
  std::vector<old_slot> old_slots;
  uint64_t spec = 1;       // The number of that which `slots` are made of.
  bool drained = false;    // Somebody wants it to get no new work.
  bool leaving = false;    // It is to end when it has nothing left.
  bool last_came = false;  // And gets nothing more: the coordinator says so.
  uint32_t lost_slots = 0; // Threads that ignore cancellation.
  std::shared_ptr<present_call> calling = std::make_shared<present_call>();
};

struct host_actor_state {
  static inline const char* name = "host";
  house_ptr home;
  agent_spec spec;
  std::shared_ptr<host_memory> memory;
  host_address_ptr address;
  uint64_t generation = 0;
  std::vector<child_ref<shard_actor>> shards;
  child_ref<coordinator_actor> coordinator;
  child_ref<directory_actor> directory;
  core::timer_wheel wheel;                     // Of answers that come later.
  std::unordered_map<uint64_t, token> waiting; // By serial; never iterated.
  uint64_t last_serial = 0;
  bool ticking = false;
  core::agent_health health = core::agent_health::healthy;
  std::unique_ptr<core::restart_window> crashes;
};

using host_ptr = host_actor::stateful_pointer<host_actor_state>;

host_actor::behavior_type host(host_ptr self, house_ptr home, agent_spec spec,
                               std::shared_ptr<host_memory> memory,
                               uint64_t generation);

// Between the files of this actor.

void take_assignments(host_ptr self, assignment_list& list);
void call_agent(host_ptr self, std::vector<hosted*>& list);
void take_done(host_ptr self, const token_list& list);
void forget_recorded(host_ptr self, const token_list& list);
void resend(host_ptr self);
void instance_crashed(host_ptr self, const caf::down_msg& down);
/// Names a reactive agent that holds its thread, while it does.
void look_at_call(host_ptr self);
void fill_slots(host_ptr self);
void say_hello(host_ptr self, bool announces);
void set_health(host_ptr self, core::agent_health to);
/// Instances of another spec than the present one get nothing more.
void retire_slots(host_ptr self);
/// Ends those that have finished.
void drop_old_slots(host_ptr self);
/// If an old instance ended: what it had not begun goes to a present one.
void old_slot_crashed(host_ptr self, const caf::actor_addr& who);
void renew(host_ptr self, const agent_spec& to);
void leave(host_ptr self);
/// From the coordinator: nothing more is on its way.
void hear_bye(host_ptr self);
/// Tells the crew once nothing is left of one that leaves.
void leave_when_done(host_ptr self);
/// Slots in use.
inline uint32_t load_of(const host_memory& memory) {
  return memory.lost_slots
         + static_cast<uint32_t>(memory.attempts.size() - memory.without_slot);
}

/// One instance of the agent's code.
struct instance_state {
  static inline const char* name = "agent";
  host_address_ptr host;
  std::function<void(const std::string&)> warn;
  std::unique_ptr<agent> blocking; // Or:
  std::unique_ptr<reactive_agent> reactive;
  std::shared_ptr<present_call> calling;
};

/// Spawn it detached in production if the agent may block.
instance_actor::behavior_type
instance(instance_actor::stateful_pointer<instance_state> self,
         host_address_ptr host, const agent_spec& spec,
         std::function<void(const std::string&)> warn,
         std::shared_ptr<present_call> calling);

} // namespace troupe
