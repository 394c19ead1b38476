#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/command.hpp"
#include "core/allocation.hpp"
#include "core/facts.hpp"
#include "core/rows.hpp"
#include "core/run.hpp"
#include "core/store.hpp"
#include "core/workflow.hpp"
#include "troupe/agent.hpp"

// What crosses mailboxes. Lists, not single items, on every hot edge. Shared
// data is immutable, nothing carries a promise. Who sends what: messages.hpp.

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
  core::text idempotency_key; // Resolved; empty: the task's id.
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
  outcome what;           // For `answered`; its `error.message` for the others.
  core::kept_log_ptr log; // What it said; null: nothing.
};

/// What an attempt in progress has said so far.
struct live_log {
  uint32_t attempt = 0;
  core::kept_log_ptr log; // Null: nothing.
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

/// A reactive agent wants to give its outcome later; its line keeps it.
struct later {
  token key;
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
  bool all = false; // Nothing follows: the shard is known.
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
/// A shard's attempts that a host holds: running, or ended but not recorded.
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
  std::string made_from; // The standby; empty: it is always there.
  /// It works outside the process: starts must be durable before the call.
  bool outside = false;
  uint64_t generation = 0;
  core::agent_health health = core::agent_health::healthy;
  /// Of the same life: only its capabilities are other ones.
  bool announces = false;
  std::vector<token> running;
};

// -- between run, shard and journal -------------------------------------------

struct sub_run_request {
  uint32_t number = 0;
  core::id child;
  bool fresh = false;   // Named just now: nobody can know it yet.
  std::string workflow; // "name@version".
  core::text input;
  std::string workspace;
  core::origin by; // Who submitted the run that asks.
  uint8_t priority = 5;
};

/// What a run wants to have happened. What leaves the shard waits until the
/// rows are committed.
struct changes {
  core::id run;
  core::run_effects effects;
  std::vector<work_ptr> offers; // After the commit: to the coordinator.
  /// At once: offered and durable before, for a coordinator that begins anew.
  std::vector<work_ptr> again;
  /// After the commit: durably started, the host may call the agent.
  std::vector<std::pair<std::string, token>> go;
  /// After the commit: the agent's host may forget these.
  std::vector<std::pair<std::string, token>> recorded;
  std::vector<answer> answers;     // After the commit: to the doors.
  std::vector<work_ptr> withdrawn; // At once: had been offered.
  /// At once: in progress, and with whom, for a coordinator that begins anew.
  std::vector<std::pair<work_ptr, std::string>> running;
  uint32_t reports = 0; // So many questions for all of these are answered.
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

/// The same, but if the job is lost with its reader, `lost` is called instead.
read_job keep_promise(read_job job, std::function<void()> lost);

/// Committed facts of one shard, encoded once; everybody shares the bytes.
struct feed_chunk {
  uint32_t shard = 0;
  uint64_t first_seq = 0;
  uint32_t count = 0; // 0: there may be facts that only the store knows.
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
/// Outputs that a run asked for, from a reader's thread to the run.
struct found_outputs {
  struct item {
    uint32_t number = 0;
    std::optional<core::text> output;
  };
  std::vector<item> items;
};
/// A workspace, and an idempotency key or a workflow's "name@version" in it.
using name_in_workspace = std::pair<std::string, std::string>;

struct found_key {
  name_in_workspace name;
  std::optional<core::key_row> row;
  failure why;
};

/// A definition that somebody wants to keep under its name and version.
struct found_definition {
  name_in_workspace name;
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
  bool again = false; // Ask once more.
};

struct sub_run_start {
  uint32_t number = 0;
  core::id child;
};
struct sub_run_end {
  uint32_t number = 0;
  core::id child; // A step that is tried again has another one each time.
  core::run_state how = core::run_state::completed;
  core::text output;
  failure why;
};

struct freed {
  std::string agent;
  uint64_t generation = 0;
  uint32_t load = 0;     // What is left.
  bool corrects = false; // The host was asked too much: believe its load.
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

struct agent_spec;
using agent_spec_ptr = std::shared_ptr<const agent_spec>;

struct standby_spec;
using standby_spec_ptr = std::shared_ptr<const standby_spec>;

/// What becomes of a node's agents.
struct crew_change {
  std::vector<agent_spec_ptr> put; // New ones, and those that change.
  std::vector<std::string> leave;  // When they have finished what they have.
  std::vector<standby_spec_ptr> on_demand; // All, from now on.
  std::vector<std::string> outdated;       // Of these whoever was made leaves.
};

/// What waits and no free agent can do.
struct unserved_list {
  std::vector<std::shared_ptr<const core::needs>> items;
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
