#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/id.hpp"
#include "core/model.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "troupe/errc.hpp"

// Truth, as it is written: one row per thing, readable with plain SQL.

namespace troupe::core {

/// Who asked, through which door, as part of what. On every command and fact.
struct origin {
  std::string principal; // "local" where nobody logs in.
  std::string door;      // "cli", "http", "embedded", ...
  std::string request;   // Request id.
  std::string trace;     // W3C trace id.
  bool operator==(const origin&) const = default;
};

struct run_row {
  id key;
  bool fresh = false; // Insert; else only the columns below `-- changes`.
  id parent;          // The run of which this is a sub-run.
  uint32_t parent_task = 0;
  std::string workspace;
  std::string name; // The workflow's, or "tasks" for an ad-hoc list.
  uint32_t version = 0;
  std::string definition; // Hash of its row; empty for an ad-hoc list.
  text input;
  text labels;
  std::string idempotency_key;
  uint8_t priority = 5;
  origin by;
  instant created_at;
  // The ready classes of its first tasks, so that a run deep in the backlog
  // need not be loaded to be ranked: "class\tcount\trank" lines.
  text ready;
  uint32_t total = 0; // Tasks when it was accepted.
  // -- changes
  run_state state = run_state::queued;
  std::vector<uint32_t> counts; // Tasks by task_state.
  uint32_t last_number = 0;     // Numbers given so far.
  text output;
  failure error;
  instant started_at;
  instant ended_at;
  instant updated_at;
  instant deadline;
  instant paused_at; // While paused: since when the clocks stand.
  /// The newest commands that it has carried out, oldest first: one that comes
  /// again has no second effect.
  std::vector<id> commands;
  bool operator==(const run_row&) const = default;
};

/// Which timer a task waits for; its time is `due_at`.
enum class due_kind : uint8_t {
  none = 0,
  retry,      // state retrying
  timeout,    // of the attempt in progress
  sleep,      // kind sleep
  signal,     // kind signal gives up
  approval,   // the gate gives up
  not_before, // queued later
  snooze,
  deadline, // of a task that is still queued, or of the run
  held,     // queued, until it is released; it has no time
};

struct task_row {
  id key;
  bool fresh = false; // Insert; else only the columns below `-- changes`.
  std::string workspace;
  std::string name;
  std::string type;
  uint8_t priority = 5;
  uint32_t step = 0;   // Index in the definition, or in the ad-hoc list.
  uint32_t parent = 0; // Number of the task that made it (foreach, agent, ...).
  uint32_t item = 0;   // Index in the foreach, iteration of the loop.
  text spec;           // JSON of the step; only where no definition has it.
  text labels;         // Of a step that is held: what its queue knows it by.
  // -- changes
  task_state state = task_state::waiting;
  uint32_t attempt = 0; // Attempts begun, counted or not.
  uint32_t retries = 0; // Counted.
  uint32_t unclean = 0; // Times it was in progress at an unclean end.
  /// Not 0: the step's own attempts are used up and its fallback is at work;
  /// retries that were counted by then, that one included.
  uint32_t fallback = 0;
  std::string agent; // Of the newest attempt.
  text score;        // Why this agent, or why none: JSON; of the newest.
  text input;        // Resolved; set when queued.
  text output;
  failure error;
  instant queued_at;
  instant started_at;
  instant ended_at;
  instant due_at;
  due_kind due = due_kind::none;
  instant deadline;      // Set when first queued; later by what the run stood.
  bool stopping = false; // It is asked to stop, and has not yet.
  bool operator==(const task_row&) const = default;
};

/// From the second attempt on; the first is in the task's row until then.
struct attempt_row {
  id task;
  uint32_t attempt = 0;
  std::string workspace;
  std::string agent;
  text score;
  instant started_at;
  instant ended_at;
  failure error; // none: it completed, or still runs.
  bool operator==(const attempt_row&) const = default;
};

/// What an attempt said, if it said anything; `lines` as in core/line_log.hpp.
struct log_row {
  id task;
  uint32_t attempt = 0;
  std::string workspace;
  uint64_t left_out = 0; // Lines before these.
  text lines;
  bool operator==(const log_row&) const = default;
};

enum class decision_state : uint8_t {
  open,
  approved,
  rejected,
  expired,
  void_
};

struct decision_row {
  id task; // Also its key: a task has one question at a time.
  bool fresh = false;
  std::string workspace;
  std::string question;
  std::string by; // Who may answer.
  instant asked_at;
  instant due_at;
  // -- changes
  decision_state state = decision_state::open;
  std::string answered_by;
  std::string comment;
  instant answered_at;
  bool operator==(const decision_row&) const = default;
};

/// "This key made that run"; same key with another body is an error.
struct key_row {
  std::string workspace;
  std::string key;
  id run;
  std::string body_hash;
  instant created_at;
  bool operator==(const key_row&) const = default;
};

/// A signal that came before anybody waited for it.
struct signal_row {
  id run;
  std::string workspace;
  std::string name;
  text payload;
  instant at;
  bool taken = false; // Delete instead of insert.
  bool operator==(const signal_row&) const = default;
};

struct definition_row {
  std::string workspace;
  std::string hash;
  std::string name;
  uint32_t version = 0;
  text body; // Canonical JSON.
  instant created_at;
  bool operator==(const definition_row&) const = default;
};

/// What a queue makes tasks of; `body` is a JSON object as docs/task-queue.md
/// describes it.
struct strategy_row {
  std::string workspace;
  std::string key; // A UUID, in lower case.
  std::string contact;
  text body;
  instant created_at;
  bool operator==(const strategy_row&) const = default;
};

/// Somebody did something; never changed afterwards.
struct audit_row {
  std::string workspace;
  std::string action; // "task.executed".
  id resource;        // A task.
  std::string status;
  text details; // JSON object.
  instant at;
  bool operator==(const audit_row&) const = default;
};

/// What the node keeps for itself, under a name; the newest counts.
struct note_row {
  std::string name; // "webhooks.book".
  text body;        // JSON; empty: it goes.
  bool operator==(const note_row&) const = default;
};

/// Stored output of an equal step and input.
struct cache_row {
  std::string workspace;
  std::string key; // Hash of step and input.
  text output;
  instant until;
  bool operator==(const cache_row&) const = default;
};

} // namespace troupe::core
