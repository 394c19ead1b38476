#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/message.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/type_id.hpp>

#include "troupe/errc.hpp"
#include "troupe/restart.hpp"
#include "troupe/tree.hpp"

namespace caf {
class actor_system_config;
}

/// Supervision: actors that start other actors, watch them and start them
/// again. This is the header for teams that bring their own CAF actors; it
/// needs CAF 0.17. All types may be used from any thread unless they say
/// otherwise; one supervisor is one actor and never blocks.
namespace troupe {

// -- errors

/// Lets handlers `return errc::x` and compare `err == errc::x`.
caf::error make_error(errc code);

/// The same with a sentence of our own: what happened, where, what to do.
caf::error make_error(errc code, std::string text);

/// The code inside, `internal` for an error that is not ours.
errc to_errc(const caf::error& err);

/// A line for people: our sentence, or CAF's rendering of a foreign error.
std::string to_text(const caf::error& err);

// -- child references

/// One child's place: its supervisor writes it, everybody may read it.
class child_slot {
public:
  struct content {
    caf::actor handle; // Empty between two lives.
    uint64_t generation = 0;
    bool forgotten = false; // The name is free again; look it up anew.
    bool given_up = false;  // It failed too often; nobody starts it again.
  };

  /// A consistent picture. One uncontended lock, about 20 ns.
  content get() const;

private:
  friend class roster;
  mutable std::mutex mutex_;
  content now_;
};

using child_slot_ptr = std::shared_ptr<const child_slot>;

/// The names below one supervisor and who bears them now. It outlives the
/// supervisor's own restarts, so references and generations do too. Handles
/// are dropped when the supervisor ends.
class roster {
public:
  /// The place of that name; null if no supervisor uses it.
  child_slot_ptr find(const std::string& id) const;

  /// INTERNAL, for the supervisor: begins a life, returns its generation.
  uint64_t begin(const std::string& id);
  /// INTERNAL: puts the handle of that life in its place.
  void publish(const std::string& id, uint64_t generation, caf::actor handle);
  /// INTERNAL: empties the place if it still belongs to that life.
  void retract(const std::string& id, uint64_t generation);
  /// INTERNAL: no life follows, unless somebody asks for one.
  void give_up(const std::string& id);
  /// INTERNAL: frees the name. A later life of it gets a higher generation.
  void forget(const std::string& id);

private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<child_slot>> slots_;
  uint64_t forgotten_generation_ = 0; // The highest of all freed names.
};

using roster_ptr = std::shared_ptr<roster>;

/// A reference to a child that survives the child's restarts. Copies are cheap.
template <class Handle = caf::actor>
class child_ref {
public:
  child_ref() = default;
  child_ref(roster_ptr names, std::string id)
    : names_(std::move(names)), id_(std::move(id)) {}

  const std::string& id() const { return id_; }

  /// The child of this moment; empty while it restarts. Do not keep it.
  Handle handle() const {
    auto now = get();
    return now ? *now : Handle{};
  }

  /// The same, or why there is none: `restarting`, `escalated` where it failed
  /// too often, or `not_found` for a name that no child has.
  caf::expected<Handle> get() const {
    auto now = look();
    if (now.handle)
      return caf::actor_cast<Handle>(now.handle);
    if (now.generation == 0 || now.forgotten)
      return make_error(errc::not_found, "no child is called `" + id_ + "`");
    if (now.given_up)
      return make_error(errc::escalated, "`" + id_ + "` failed too often");
    return make_error(errc::restarting, "`" + id_ + "` is restarting");
  }

  /// Which life `handle()` belongs to; 0 before the first.
  uint64_t generation() const { return look().generation; }

private:
  // NOT for two threads on the same object: give each its own copy.
  child_slot::content look() const {
    auto now = slot_ ? slot_->get() : child_slot::content{};
    if (slot_ && !now.forgotten)
      return now;
    slot_ = names_ ? names_->find(id_) : nullptr;
    return slot_ ? slot_->get() : child_slot::content{};
  }

  roster_ptr names_;
  std::string id_;
  mutable child_slot_ptr slot_;
};

// -- specs

/// What a start function is told.
struct child_context {
  caf::actor_system& system;
  caf::actor supervisor; // Who keeps it, keeps the supervisor from ending.
  std::string id;
  std::string path;        // From the root, with slashes; ends with the id.
  uint64_t generation = 1; // Never the same twice below one roster.
  uint32_t restarts = 0;   // Since this supervisor started.
  caf::message args;       // What `child_start_atom` brought; empty otherwise.
  /// Puts the child in its place before the start function returns. An actor
  /// that speaks first of all, to others that answer by reference, calls it
  /// from its own thread before it does.
  std::function<void(caf::actor)> publish;
  /// INTERNAL: the supervisors above, nearest first, with the id of the branch.
  std::vector<std::pair<caf::actor_addr, std::string>> lineage;
};

/// Spawns the child with `ctx.system` and returns it. Runs on the supervisor's
/// thread: it must not block. An error, an empty handle or an exception is a
/// failed start. Capture what every life needs, by value.
using start_function =
  std::function<caf::expected<caf::actor>(child_context& ctx)>;

/// A child as data.
struct child_spec {
  std::string id; // Unique below its supervisor.
  start_function start;
  restart_when restart = restart_when::permanent;
  on_give_up give_up = on_give_up::escalate;
  /// Its own window of restarts. Without it a child shares its supervisor's,
  /// except with `on_give_up::disable`: then it has one alone, of that size.
  std::optional<restart_intensity> limit;
  restart_backoff backoff;
  /// See `auto_shutdown`. Not for permanent children.
  bool significant = false;
  /// After `user_shutdown` it may drain that long, then it is killed. Unset:
  /// 5 s, for supervisors 60 s. Zero: killed at once.
  std::optional<std::chrono::microseconds> stop_timeout;
  /// It is running, and the next one may start, only when it has sent
  /// `child_ready_atom` to its supervisor; without it at once.
  bool announces_ready = false;
  /// A child that announces has to do so within this time, else it is killed
  /// and has failed.
  std::chrono::microseconds start_timeout = std::chrono::seconds{10};
  /// It is a supervisor of ours.
  bool supervises = false;
  /// It handles `(tree_atom, tree_query) -> tree_node`. Supervisors always do.
  bool answers_tree = false;
  std::string kind = "worker"; // Shown in the tree.
};

/// What happened below a supervisor: for logs and counters.
struct supervision_event {
  enum class what : uint8_t {
    started,
    exited,
    restarting, // After `delay`.
    gave_up,    // Disabled.
    escalated,
    stuck, // Was killed and still runs its handler; see docs/supervision.md.
  };
  what kind = what::started;
  std::string supervisor; // Path from the root, with slashes.
  std::string child;
  uint64_t generation = 0;
  std::string reason;
  std::chrono::microseconds delay{0};
};

/// A supervisor as data.
struct supervisor_spec {
  std::string name = "supervisor";
  restart_strategy strategy = restart_strategy::one_for_one;
  /// In start order. A dynamic supervisor may begin with some, too.
  std::vector<child_spec> children;
  /// Dynamic only: what `child_start_atom` with an id and arguments starts.
  std::optional<child_spec> each;

  restart_intensity limit;
  auto_shutdown shutdown = auto_shutdown::never;

  /// Children beyond it are refused with `limit_reached`. About 1 KiB each.
  size_t children_max = 100'000;
  /// Dynamic: all children together may drain that long.
  std::chrono::microseconds stop_timeout = std::chrono::seconds{5};
  /// A killed child that still runs its handler is waited for that long, then
  /// counted as stuck.
  std::chrono::microseconds kill_timeout = std::chrono::seconds{5};
  /// Actors that may watch; beyond it `limit_reached`.
  size_t watchers_max = 64;

  /// Seeds the jitter of backoffs.
  uint64_t seed = 1;
  /// Calendar time for `tree_node::started_at`; may be empty.
  std::function<std::chrono::sys_time<std::chrono::microseconds>()> utc;
  /// Called on the supervisor's thread: must be quick and must not throw.
  std::function<void(const supervision_event&)> on_event;
  /// Where the names live. Give one to keep references over restarts of this
  /// supervisor, as `supervisor_child` does.
  roster_ptr names;
};

/// Returns every problem at once, one sentence each; empty means valid.
std::vector<std::string> problems(const supervisor_spec& spec);

// -- starting

/// A running root supervisor. Keep it: when the last handle is gone, CAF ends
/// the actor, and the tree with it.
struct supervisor {
  caf::actor handle;
  roster_ptr names;

  template <class Handle = caf::actor>
  child_ref<Handle> child(std::string id) const {
    return {names, std::move(id)};
  }
};

/// Starts a root. An invalid spec is answered with `invalid` and its problems.
caf::expected<supervisor> spawn_supervisor(caf::actor_system& sys,
                                           supervisor_spec spec);

/// The spec of a supervisor below another one; set more fields as you like.
/// `spec.names` is made here if empty: read it before you move the spec in, and
/// `child_ref`s made with it survive restarts of that supervisor.
child_spec supervisor_child(supervisor_spec spec);

/// Registers the messages below. Call it for every `actor_system_config`.
void add_supervision_types(caf::actor_system_config& cfg);

// -- messages of a supervisor

/// A child lives; comes once per life, and for all at the begin of a watch.
struct child_up {
  std::string id;
  uint64_t generation = 0;
  caf::actor handle;
};

/// That life is over. Comes after its place in the roster was emptied.
struct child_down {
  std::string id;
  uint64_t generation = 0;
  caf::error reason;
  bool final = false; // No further life is planned.
};

/// How many children there are.
struct child_counts {
  uint64_t specs = 0;
  uint64_t running = 0;
  uint64_t stuck = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tree_node& x) {
  return f(caf::meta::type_name("troupe::tree_node"), x.name, x.id, x.kind,
           x.state, x.restarts, x.generation, x.last_error, x.started_at,
           x.uptime, x.silent, x.children_total, x.children);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tree_query& x) {
  return f(caf::meta::type_name("troupe::tree_query"), x.deadline,
           x.children_max);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_up& x) {
  return f(caf::meta::type_name("troupe::child_up"), x.id, x.generation,
           x.handle);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_down& x) {
  return f(caf::meta::type_name("troupe::child_down"), x.id, x.generation,
           x.reason, x.final);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, child_counts& x) {
  return f(caf::meta::type_name("troupe::child_counts"), x.specs, x.running,
           x.stuck);
}

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::child_spec)

CAF_BEGIN_TYPE_ID_BLOCK(troupe_supervision, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(troupe_supervision, (troupe::tree_node))
CAF_ADD_TYPE_ID(troupe_supervision, (troupe::tree_query))
CAF_ADD_TYPE_ID(troupe_supervision, (troupe::child_up))
CAF_ADD_TYPE_ID(troupe_supervision, (troupe::child_down))
CAF_ADD_TYPE_ID(troupe_supervision, (troupe::child_counts))

// (tree_atom) or (tree_atom, tree_query) -> tree_node
CAF_ADD_ATOM(troupe_supervision, troupe, tree_atom, "tree")
// (child_count_atom) -> child_counts
CAF_ADD_ATOM(troupe_supervision, troupe, child_count_atom, "ch_count")
// dynamic: (child_start_atom, string id, message args) -> child_up
// dynamic, one_for_one: (child_start_atom, child_spec) -> child_up
// `invalid_state`: the id is taken; `limit_reached`: children_max;
// `stopping`; otherwise the error of the start function.
CAF_ADD_ATOM(troupe_supervision, troupe, child_start_atom, "ch_start")
// (child_stop_atom, string id) -> ok_atom, when it is down and forgotten (a
// child of a static spec stays down). `not_found`.
CAF_ADD_ATOM(troupe_supervision, troupe, child_stop_atom, "ch_stop")
// (child_restart_atom, string id) -> ok_atom, at once. Ends the present life
// or the backoff, enables a disabled child; does not count. `not_found`.
CAF_ADD_ATOM(troupe_supervision, troupe, child_restart_atom, "ch_restart")
// From a child that `announces_ready`, by plain send: (child_ready_atom)
CAF_ADD_ATOM(troupe_supervision, troupe, child_ready_atom, "ch_ready")
// (child_watch_atom, caf::actor watcher) -> ok_atom; the watcher gets
// child_up and child_down from now on, beginning with all that live.
CAF_ADD_ATOM(troupe_supervision, troupe, child_watch_atom, "ch_watch")
// Plain send (priority high is wise): ordered stop, as exit `user_shutdown`.
CAF_ADD_ATOM(troupe_supervision, troupe, supervisor_stop_atom, "sv_stop")
// Plain send: kills the children at once and ends when they are down.
CAF_ADD_ATOM(troupe_supervision, troupe, supervisor_halt_atom, "sv_halt")
CAF_END_TYPE_ID_BLOCK(troupe_supervision)
