#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include "core/allocation.hpp"
#include "core/facts.hpp"
#include "core/rows.hpp"
#include "core/run.hpp"
#include "core/store.hpp"
#include "core/workflow.hpp"
#include "troupe/agent.hpp"
#include "troupe/supervisor.hpp"

// Everything that crosses a mailbox, in one place: a line for each message.
// Lists, not single items, on every hot edge. What stays on one node may carry
// shared immutable data; nothing may carry a reply promise.

namespace troupe {

// -- work on its way ----------------------------------------------------------

/// The token of an attempt. The epoch grows at every start of a process, so a
/// token is never given twice; a result with another token is refused.
struct token {
  core::id task;
  uint64_t epoch = 0;
  uint32_t attempt = 0;
  auto operator<=>(const token&) const = default;
};

/// A task that is ready, as it travels shard -> coordinator -> host. Immutable.
struct work {
  token key;
  core::id run;
  std::shared_ptr<const core::step> step; // Name, needs, policy.
  core::text workspace;
  core::text input;
  core::text concurrency_key; // Resolved; empty: none.
  core::duration timeout{};
  uint8_t priority = 5;
  core::instant queued_at;
  /// The start must be durable before the agent is called: the host waits for
  /// `go`. Where the agent is outside the process and not pure, it waits, too.
  bool careful = false;
};
using work_ptr = std::shared_ptr<const work>;

/// Which agent got an attempt, and why.
struct assigned {
  token key;
  std::string agent;
  core::text score;   // JSON: parts of the winner, runners-up.
  bool waits = false; // The host waits for `go`.
};

/// How an attempt ended.
struct ended {
  token key;
  std::string agent;
  core::end_kind how = core::end_kind::answered;
  outcome what; // For `answered`; its `error.message` for the others.
};

/// Newest wins, limited in rate, never numbered.
struct progress {
  token key;
  double fraction = 0;
  std::string note;
  bool log = false; // `note` is a line of the task's log.
};

class attempt_line;

/// What a host gives to an instance.
struct call {
  work_ptr what;
  std::shared_ptr<attempt_line> line;
};
struct call_list {
  std::vector<call> items;
};

/// An outcome that a reactive agent wants to give later.
struct later {
  token key;
  core::duration delay{};
  outcome what;
};

/// Whether the host waits for `go`: the start must be durable before the call.
inline bool waits_for_go(const work& what, bool outside) {
  return what.careful || (outside && !what.step->pure);
}

struct ready_list {
  uint32_t shard = 0;
  std::vector<work_ptr> items;
};
/// What a shard has in progress: for a coordinator that begins anew.
struct running_list {
  uint32_t shard = 0;
  std::vector<std::pair<work_ptr, std::string>> items; // And the agent.
};
struct assignment_list {
  uint64_t generation = 0; // Of the host that said hello; others refuse.
  std::vector<work_ptr> items;
};
struct assigned_list {
  std::vector<assigned> items;
};
struct token_list {
  std::vector<token> items;
};
struct ended_list {
  std::vector<ended> items;
};
/// What a host holds of one shard's attempts: running, or ended and not yet
/// recorded.
struct held_list {
  bool anew = false; // The host began anew; else it was asked.
  std::string agent;
  uint64_t generation = 0;
  std::vector<token> running;
  std::vector<ended> done;
};
struct hello {
  profile who;
  std::string kind;
  /// It works outside the process: starts must be durable before the call.
  bool outside = false;
  uint64_t generation = 0;
  std::vector<token> running;
};

// -- commands -----------------------------------------------------------------

enum class verb : uint8_t {
  submit,
  cancel,
  pause,
  resume,
  retry,
  signal,
  approve,
  reject,
  define, // Keep this workflow under its name and version.
};

/// A command as it travels door -> shard. Idempotent: a submission by the run's
/// id, which the door makes; the others by the state they find.
struct command {
  uint64_t number = 0; // The door's own; comes back with the answer.
  verb what = verb::submit;
  core::id target; // Run or task. For `submit` the new run's id.
  std::string workspace;
  core::origin by;
  core::workflow_ptr definition; // For `submit`.
  /// Sub-workflows that the definition names, checked and pinned by the door.
  std::vector<core::workflow_ptr> parts;
  bool ad_hoc = false; // `definition` is a list of tasks, not a workflow.
  core::text body;     // Input, signal payload, ...
  std::string name;    // Signal's name; who answers; ...
  std::string reason;
  std::string idempotency_key;
  uint8_t priority = 0; // 0: the definition's.
  bool wait = false;    // Answer when the run has ended, not when accepted.
  bool resent = false;  // The shard began anew meanwhile: look before you act.
};

struct answer {
  uint64_t number = 0; // Of the command.
  failure error;
  core::id run;
  core::text body; // JSON.
  core::run_state state = core::run_state::queued;
  bool repeated = false; // The key or id was known: nothing new happened.
};

// -- between run, shard and journal -------------------------------------------

struct sub_run_request {
  uint32_t number = 0;
  core::id child;       // nil: not started yet.
  std::string workflow; // "name@version".
  core::text input;
  std::string workspace;
};

/// What a run wants to have happened. What leaves the shard waits until the
/// rows are committed.
struct changes {
  core::id run;
  core::run_effects effects;
  std::vector<work_ptr> offers; // After the commit: to the coordinator.
  /// After the commit: durably started, the host may call the agent.
  std::vector<std::pair<std::string, token>> go;
  /// After the commit: the agent's host may forget these.
  std::vector<std::pair<std::string, token>> recorded;
  std::vector<answer> answers;     // After the commit: to the doors.
  std::vector<work_ptr> withdrawn; // At once: had been offered.
  /// In progress, and with whom: for a coordinator that begins anew.
  std::vector<std::pair<work_ptr, std::string>> running;
  /// Sub-runs to start: the task's number, its workflow, its input.
  std::vector<sub_run_request> sub_runs;
};

/// What a shard has for one run, in the order of these fields.
struct deliveries {
  std::vector<assigned> starts;
  std::vector<ended> ends;
  std::vector<core::timer_change> timers;
  std::vector<command> commands;
};

/// A run that goes on after a reload: who still holds which of its attempts.
struct held_attempt {
  token key;
  std::string agent;
};

using batch_ptr = std::shared_ptr<core::batch>;

struct committed {
  uint32_t shard = 0;
  uint64_t first_seq = 0;
  core::commit what = core::commit::done;
  failure why;
};

struct shard_opened {
  uint64_t epoch = 0;
  uint64_t next_seq = 0;
  bool clean = true; // The node's last end was orderly.
};

// -- doors --------------------------------------------------------------------

using answer_callback = std::function<void(answer)>;

/// Runs on a reader's thread, inside one short read transaction.
using read_job = std::function<void(core::store_reader&)>;

/// Committed facts of one shard, encoded once; everybody shares the bytes.
struct feed_chunk {
  uint32_t shard = 0;
  uint64_t first_seq = 0;
  uint32_t count = 0;
  core::text facts;
};

/// Facts that a subscriber asked for, in order; `lost` if it fell behind.
struct feed_batch {
  std::vector<core::fact> facts;
  std::vector<progress> signals;
  bool lost = false;
};

/// Called from the feed's thread; must not block. False: no more, thanks.
using feed_callback = std::function<bool(const feed_batch&)>;

struct load_sample {
  uint64_t queued = 0;  // Ready, live, not given to an agent.
  uint64_t backlog = 0; // Ready, rows only.
  uint64_t runs = 0;    // Live.
};

/// Answers from readers' threads to a shard.
struct loaded_run {
  core::id run;
  std::shared_ptr<core::stored_run> stored; // Null: there is none.
  core::workflow_ptr definition;
  failure why;
};
struct loaded_runs {
  std::vector<core::run_row> rows;
  failure why;
};
struct found_key {
  std::string workspace;
  std::string key;
  std::optional<core::key_row> row;
  failure why;
};

/// A definition that somebody wants to keep under its name and version.
struct found_definition {
  command asked;
  std::string hash; // Of what is kept there already; empty: nothing.
  failure why;
};

/// What the store knows of a sub-run that is not live.
struct found_sub_run {
  core::id parent;
  sub_run_request asked;
  std::optional<core::run_row> row;
  core::workflow_ptr definition; // Where it has to be started.
  failure why;
};

struct sub_run_start {
  uint32_t number = 0;
  core::id child;
};
struct sub_run_end {
  uint32_t number = 0;
  core::run_state how = core::run_state::completed;
  core::text output;
  failure why;
};

struct freed {
  std::string agent;
  uint64_t generation = 0;
  uint32_t load = 0; // What is left.
  std::vector<token> items;
};

/// How attempts went, for the history of performance.
struct performed {
  std::string type;
  bool well = true;
  core::duration took{};
};
struct performed_list {
  std::string agent;
  std::vector<performed> items;
};

struct demand_list {
  std::vector<core::class_demand> items;
};

struct host_stats {
  profile who;
  std::string kind;
  core::agent_health health = core::agent_health::healthy;
  uint32_t load = 0;
  uint32_t lost_slots = 0;
};

} // namespace troupe

// These never leave the node today. What is to cross nodes gets an encoding of
// our own in the link's envelope, not CAF's.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::answer_callback)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::assigned_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::assignment_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::call_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::duration)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::explanation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::core::store_stats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::deliveries)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::demand_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ended_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::feed_callback)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::feed_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_definition)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_key)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::found_sub_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::freed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::held_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::hello)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::host_stats)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::later)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::load_sample)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::loaded_run)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::loaded_runs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::performed_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::read_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::ready_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::running_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::shard_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::sub_run_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::sub_run_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::token)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::token_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<troupe::held_attempt>)

// The order is part of the program only: nothing of it is stored or sent.
CAF_BEGIN_TYPE_ID_BLOCK(troupe,
                        caf::id_block::troupe_supervision_last_type_id + 1)

CAF_ADD_TYPE_ID(troupe, (troupe::answer))
CAF_ADD_TYPE_ID(troupe, (troupe::answer_callback))
CAF_ADD_TYPE_ID(troupe, (troupe::assigned_list))
CAF_ADD_TYPE_ID(troupe, (troupe::assignment_list))
CAF_ADD_TYPE_ID(troupe, (troupe::batch_ptr))
CAF_ADD_TYPE_ID(troupe, (troupe::call_list))
CAF_ADD_TYPE_ID(troupe, (troupe::changes))
CAF_ADD_TYPE_ID(troupe, (troupe::command))
CAF_ADD_TYPE_ID(troupe, (troupe::committed))
CAF_ADD_TYPE_ID(troupe, (troupe::core::agent_health))
CAF_ADD_TYPE_ID(troupe, (troupe::core::duration))
CAF_ADD_TYPE_ID(troupe, (troupe::core::explanation))
CAF_ADD_TYPE_ID(troupe, (troupe::core::id))
CAF_ADD_TYPE_ID(troupe, (troupe::core::store_stats))
CAF_ADD_TYPE_ID(troupe, (troupe::deliveries))
CAF_ADD_TYPE_ID(troupe, (troupe::demand_list))
CAF_ADD_TYPE_ID(troupe, (troupe::ended))
CAF_ADD_TYPE_ID(troupe, (troupe::ended_list))
CAF_ADD_TYPE_ID(troupe, (troupe::feed_callback))
CAF_ADD_TYPE_ID(troupe, (troupe::feed_chunk))
CAF_ADD_TYPE_ID(troupe, (troupe::found_key))
CAF_ADD_TYPE_ID(troupe, (troupe::found_sub_run))
CAF_ADD_TYPE_ID(troupe, (troupe::freed))
CAF_ADD_TYPE_ID(troupe, (troupe::held_list))
CAF_ADD_TYPE_ID(troupe, (troupe::hello))
CAF_ADD_TYPE_ID(troupe, (troupe::host_stats))
CAF_ADD_TYPE_ID(troupe, (troupe::later))
CAF_ADD_TYPE_ID(troupe, (troupe::load_sample))
CAF_ADD_TYPE_ID(troupe, (troupe::loaded_run))
CAF_ADD_TYPE_ID(troupe, (troupe::loaded_runs))
CAF_ADD_TYPE_ID(troupe, (troupe::performed_list))
CAF_ADD_TYPE_ID(troupe, (troupe::progress))
CAF_ADD_TYPE_ID(troupe, (troupe::read_job))
CAF_ADD_TYPE_ID(troupe, (troupe::ready_list))
CAF_ADD_TYPE_ID(troupe, (troupe::running_list))
CAF_ADD_TYPE_ID(troupe, (troupe::shard_opened))
CAF_ADD_TYPE_ID(troupe, (troupe::sub_run_end))
CAF_ADD_TYPE_ID(troupe, (troupe::sub_run_start))
CAF_ADD_TYPE_ID(troupe, (troupe::token))
CAF_ADD_TYPE_ID(troupe, (troupe::token_list))
CAF_ADD_TYPE_ID(troupe, (std::vector<troupe::held_attempt>))

CAF_ADD_ATOM(troupe, troupe, ack_atom, "ack")
CAF_ADD_ATOM(troupe, troupe, adopt_atom, "adopt")
CAF_ADD_ATOM(troupe, troupe, append_atom, "append")
CAF_ADD_ATOM(troupe, troupe, backup_atom, "backup")
CAF_ADD_ATOM(troupe, troupe, cancel_atom, "cancel")
CAF_ADD_ATOM(troupe, troupe, decide_atom, "decide")
CAF_ADD_ATOM(troupe, troupe, done_atom, "done")
CAF_ADD_ATOM(troupe, troupe, drain_atom, "drain")
CAF_ADD_ATOM(troupe, troupe, durable_atom, "durable")
CAF_ADD_ATOM(troupe, troupe, expire_atom, "expire")
CAF_ADD_ATOM(troupe, troupe, settle_atom, "settle")
CAF_ADD_ATOM(troupe, troupe, force_atom, "force")
CAF_ADD_ATOM(troupe, troupe, go_atom, "go")
CAF_ADD_ATOM(troupe, troupe, health_atom, "health")
CAF_ADD_ATOM(troupe, troupe, held_atom, "held")
CAF_ADD_ATOM(troupe, troupe, intake_atom, "intake")
CAF_ADD_ATOM(troupe, troupe, load_atom, "load")
CAF_ADD_ATOM(troupe, troupe, unlock_atom, "unlock")
CAF_ADD_ATOM(troupe, troupe, perf_atom, "perf")
CAF_ADD_ATOM(troupe, troupe, anew_atom, "anew")
CAF_ADD_ATOM(troupe, troupe, stats_atom, "stats")
CAF_ADD_ATOM(troupe, troupe, watch_atom, "watch")
CAF_ADD_ATOM(troupe, troupe, why_atom, "why")
CAF_ADD_ATOM(troupe, troupe, withdr_atom, "withdraw")

CAF_END_TYPE_ID_BLOCK(troupe)

namespace troupe {

// -- interfaces ---------------------------------------------------------------

/// The only writer of the store. Commits what arrived while the last commit was
/// in flight.
using journal_actor = caf::typed_actor<
  // Answered when everything this shard sent before is written: what follows
  // belongs to its new life.
  caf::replies_to<unlock_atom, uint32_t>::with<shard_opened>,
  // Answered with a plain `committed` to the shard, when it is durable.
  caf::reacts_to<append_atom, batch_ptr>,
  caf::replies_to<stats_atom>::with<core::store_stats>,
  // A consistent copy of the store at that path.
  caf::replies_to<backup_atom, std::string>::with<caf::ok_atom>,
  // INTERNAL: the mailbox is drained, write.
  caf::reacts_to<settle_atom>,
  // INTERNAL: a slice of upkeep; and whether a blocked store takes again.
  caf::reacts_to<caf::tick_atom>>;

/// Owns a range of slots: its runs, their timers, their order in history.
using shard_actor = caf::typed_actor<
  // From a door; answered with a plain `answer` to the desk.
  caf::reacts_to<command>,
  // From the coordinator.
  caf::reacts_to<assigned_list>,
  // A coordinator begins anew and wants everything that is ready or running.
  caf::reacts_to<anew_atom>,
  // From hosts.
  caf::reacts_to<ended_list>,
  // Answer to `held`, and sent by a host that begins anew.
  caf::reacts_to<held_list>,
  // From the journal.
  caf::reacts_to<committed>,
  // The store is blocked (false) or takes again (true).
  caf::reacts_to<intake_atom, bool>,
  // From its runs.
  caf::reacts_to<changes>,
  // INTERNAL: a run read from the store.
  caf::reacts_to<loaded_run>,
  // INTERNAL: the runs that have not ended.
  caf::reacts_to<loaded_runs>,
  // INTERNAL: a sub-run that is not live, or its workflow.
  caf::reacts_to<found_sub_run>,
  // INTERNAL: what is kept under a workflow's name and version.
  caf::reacts_to<found_definition>,
  // INTERNAL: what a key is known to have made.
  caf::reacts_to<found_key>,
  // INTERNAL: send the next batch, fire timers, activate.
  caf::reacts_to<settle_atom>, caf::reacts_to<caf::tick_atom>,
  // INTERNAL: the coordinator has forgotten what an earlier life offered.
  caf::reacts_to<ack_atom>,
  // Its runs and tasks.
  caf::replies_to<tree_atom, tree_query>::with<tree_node>,
  // Sums for status.
  caf::replies_to<load_atom>::with<load_sample>,
  // Where a run stands, in words, for `why`.
  caf::replies_to<why_atom, core::id>::with<std::string>>;

/// Decides one run's graph and tasks.
using run_actor =
  caf::typed_actor<caf::reacts_to<deliveries>,
                   // A sub-run of its task ended.
                   caf::reacts_to<sub_run_end>,
                   // A sub-run of its task was accepted.
                   caf::reacts_to<sub_run_start>,
                   // Offer everything again that is ready: a new coordinator
                   // asks.
                   caf::reacts_to<anew_atom>,
                   // A host began anew: what it does not hold is lost.
                   caf::reacts_to<held_list>,
                   // From its tasks: the attempt's end, checked and translated.
                   caf::reacts_to<ended>,
                   // INTERNAL: all that came is handled; hand over the changes.
                   caf::reacts_to<settle_atom>,
                   caf::replies_to<tree_atom, tree_query>::with<tree_node>,
                   caf::replies_to<why_atom, core::id>::with<std::string>>;

/// One live execution of a task.
using task_actor = caf::typed_actor<
  // An agent has it.
  caf::reacts_to<go_atom, std::string>,
  // The host's word on how it ended.
  caf::reacts_to<ended>,
  // Its time is up.
  caf::reacts_to<expire_atom>,
  // It is not wanted any more.
  caf::reacts_to<cancel_atom>,
  // INTERNAL: the grace is over.
  caf::reacts_to<force_atom>>;

/// One instance of an agent's code, in a slot of its host.
using instance_actor = caf::typed_actor<
  // Work on these, one after the other.
  caf::reacts_to<call_list>>;

/// Gives each ready task to the agent that fits best.
using coordinator_actor = caf::typed_actor<
  // Ready tasks of a shard.
  caf::reacts_to<ready_list>,
  // No longer ready. One that is given away already is stopped by its task.
  caf::reacts_to<withdr_atom, token_list>,
  // What a shard has in progress; after it the shard counts as known.
  caf::reacts_to<running_list>,
  // Forget everything of this shard: it begins anew. Answered with `ack`.
  caf::reacts_to<anew_atom, uint32_t>,
  // An agent is there, with what it holds.
  caf::reacts_to<hello>,
  // Slots are free again: these attempts have ended on that agent.
  caf::reacts_to<freed>,
  // Draining, disabled or healthy.
  caf::reacts_to<health_atom, std::string, core::agent_health>,
  // Past performance of (agent, type) has changed.
  caf::reacts_to<perf_atom, std::string, std::string, double>,
  // INTERNAL: decide.
  caf::reacts_to<decide_atom>,
  // INTERNAL: a rate limit may have room again.
  caf::reacts_to<caf::tick_atom>,
  // INTERNAL: time to look for tasks that nobody can do.
  caf::reacts_to<settle_atom>,
  // What stops a task first.
  caf::replies_to<why_atom, core::id>::with<core::explanation>,
  // Queues by class, for status and windows.
  caf::replies_to<stats_atom>::with<demand_list>>;

/// One agent: its slots, its load, its instances.
using host_actor = caf::typed_actor<
  // From the coordinator. A full host, or one of another life, returns them.
  caf::reacts_to<assignment_list>,
  // Their starts are durable.
  caf::reacts_to<go_atom, token_list>,
  // Stop working on it; `true`: by force.
  caf::reacts_to<cancel_atom, token, bool>,
  // Their ends are durable: forget them.
  caf::reacts_to<ack_atom, token_list>,
  // A shard begins anew: answer with a plain `held_list`.
  caf::reacts_to<held_atom, uint32_t>,
  // From its instances' lines, on any thread: these have ended.
  caf::reacts_to<done_atom, token_list>, caf::reacts_to<later>,
  // A coordinator begins anew: say hello again.
  caf::reacts_to<anew_atom>,
  // Takes new work or not.
  caf::reacts_to<health_atom, core::agent_health>,
  // INTERNAL: ends that were not recorded yet are sent again.
  caf::reacts_to<ack_atom>,
  // INTERNAL: timers of reactive agents, the watchdog.
  caf::reacts_to<caf::tick_atom>,
  caf::replies_to<tree_atom, tree_query>::with<tree_node>,
  caf::replies_to<stats_atom>::with<host_stats>>;

/// Every agent's profile, health and performance history.
using directory_actor =
  caf::typed_actor<caf::reacts_to<hello>,
                   caf::reacts_to<health_atom, std::string, core::agent_health>,
                   // How attempts ended, from the hosts: performance history.
                   caf::reacts_to<performed_list>,
                   // The coordinator begins anew and wants all performance
                   // figures.
                   caf::reacts_to<anew_atom>,
                   // For `troupe agents`: JSON.
                   caf::replies_to<stats_atom>::with<std::string>>;

/// Committed facts in order, in a bounded ring; doors and monitors follow it.
using feed_actor =
  caf::typed_actor<caf::reacts_to<feed_chunk>, caf::reacts_to<progress>,
                   // Facts of one run (nil: all) from now on, until the
                   // callback says false.
                   caf::reacts_to<watch_atom, core::id, feed_callback>>;

/// Runs closures on a read-only connection, on its own thread.
using reader_actor = caf::typed_actor<caf::reacts_to<read_job>>;

/// Keeps the commands of all doors until a shard has answered them.
using desk_actor = caf::typed_actor<
  // From any thread; the callback comes on the desk's.
  caf::reacts_to<command, answer_callback>,
  // From a shard.
  caf::reacts_to<answer>,
  // INTERNAL: a shard may live again; what it has not answered is sent again.
  caf::reacts_to<caf::tick_atom>>;

} // namespace troupe
