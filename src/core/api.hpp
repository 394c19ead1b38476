#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/problem.hpp"
#include "core/rows.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "core/watch.hpp"

// The one semantic layer behind every door: commands and queries by name, JSON
// in, JSON out. A door only translates: nothing can be done through one that
// another cannot do. docs/api.md lists the operations for people.

namespace troupe::core {

/// What a door wants. Operations and their `params` (JSON object; all ids are
/// UUID text; times RFC 3339, durations as in workflow files):
///
/// submit     {workflow: YAML or JSON text | definition: object |
///             tasks: [..] | name: registered, input: {}, priority?,
///             format?: "wfcommons", time_scale?}
///            -> {run, state, repeated, notes?}; durable when answered. Of
///            `tasks` also {tasks: [{task_id, status, ..}]}, of one in a list
///            of its own the same beside `run`; with estimate: true when each
///            may begin, and how long it takes. With wait: true it answers when
///            the run has ended -> as `run`.
/// plan       the same source fields, or {run} -> the plan as JSON; nothing is
///            stored.
/// register   {workflow} -> {name, version, hash, notes?}.
/// workflow   {name, version?} -> {name, version, hash, created_at, definition,
///            versions: [{version, hash, created_at}]}, newest first; without
///            `version` the newest.
/// workflows  {limit?, after?} -> {workflows: [{name, version, hash,
/// created_at,
///            versions: how many}], next?}, by name; the newest of each
/// diff       {name, from, to?} -> {name, from, to, changes: [{op, path,
///            value?, was?}]}, as RFC 6902
/// run        {run} -> {run, name, version, state, counts: {completed: n, ...},
///            total, percent, input, output, error, created_at, started_at,
///            ended_at, priority, labels, hash, eta?: {seconds, low, high},
///            milestones?: [{name, step, reached, at?}]}
/// runs       {state?, name?, limit?, after?} -> {runs: [..], next?}; without
///            what is large: `output_bytes` stands for such an `output`.
/// tasks      {run?, state?, agent?, name?, limit?, after?} -> {tasks, next?};
///            likewise.
/// task       {task} -> {task, run, name, type, state, attempt, retries, agent,
///            score, input, output, error, queued_at, ..., attempts: [..],
///            kind, step: {as defined}, depends_on: [{step, on, task}], level,
///            max_retries?}
/// logs       {run | task, attempt?, limit?, after?} -> {lines: [{task, name,
///            attempt, number, at, line}], next?, live?}: by task and attempt.
///            `live`: that was all so far; more may come after `next`.
/// why        {task} -> {task, state, waits_for: [{what, detail, until?}],
///            agent?, score?, runners_up?, queue_position?}
///            {run} -> the same for each of its tasks that waits (at most 20).
/// cancel     {run, reason?} | {task, reason?} -> {id, state}
/// pause, resume {run} -> {run, state}
/// retry      {task} | {run}: failed tasks -> {id, state}
/// signal     {run, name, payload?} -> {run, name, taken: bool}; as every
///            command, {.., repeated: true} where its key was known
/// approve, reject {task, comment?, by?} -> {task, decision}
/// approvals  {} -> {decisions: [..]}
/// agents     {} -> {agents: [{name, kind, capabilities, specialisation, state,
///            load, max_load, performance: {..}}]}
/// webhooks   {} -> {webhooks: [{name, url, events, behind, delivered, ..}]}
/// dead_letters {} -> {letters: [{id, webhook, at, tries, why, events}]}
/// redeliver  {letter} -> {letter}: it is sent again, as it was
/// callback   {token, output?, tasks? | error} -> {taken}: how an attempt ended
///            that an agent behind HTTP took on; the token says which
/// drain      {agent?, undo?} -> {agent?, draining, load?}: no new work
/// reload     {} -> {added: [..], changed, removed: names of agents,
///            needs_restart: settings}
/// tree       {depth?} -> the live supervision tree
/// status     {} -> {version, started_at, uptime_s, ready, draining, queued,
///            running, backlog, live_runs, store, agents, shards, rss_mb,
///            resources}
/// metrics    {text?: bool} -> {metrics: [{name, type, help, samples}]}, or
///            {text}: Prometheus' exposition format
/// release, hold {task}: what is held may begin; what waits for its next try
///            waits for a release -> {task, state}
/// queue_strategy {id, contact_id?, campaign_calendar?, content_pillars?,
///            kpis?}: keeps a strategy -> {id}
/// queue_decompose {strategy_id, auto_execute?} -> {tasks_created, tasks: [..],
///            execution_plan: {total_tasks, phases, estimated_duration_days}}
/// queue_execute {max_concurrent?, filter?, async?} -> {tasks_executed,
///            tasks_failed, tasks_remaining, execution_log: [..]}
/// queue_status {task_id?, status?, assigned_agent?, limit?, after?}
///            -> {tasks: [..], summary, next?}
/// queue_cancel {task, reason?} -> {task_id, previous_status}
/// queue_retry {task, reset_retry_count?} -> {task_id, new_status}
/// queue_metrics {} -> {tasks_created_today, ..., agents_utilization}
/// history    {run, after?, limit?} -> {facts: [..], next?}
/// report     {run} -> how it went: times, counts, what failed, who did it
/// decision   {task} -> {task, question, by, asked_at, ..}, while it is open
/// audit      {actor?, action?, limit?, after?} -> {entries: [{at, actor,
/// action,
///            run?, task?, name?, door?, request?, trace?, detail?, status?}],
///            next?}: who did what in the workspace, newest first
/// audit_check {} -> {intact, problems: [..]}: whether history is as it was
///            written, of all workspaces
/// request    {description?, context?, priority?, constraints?, preferences?,
///            session_id?} -> {request_id, status, requires_approval, run,
///            estimated_completion?, initial_plan}
/// request_status {request} -> the same
/// state      {session_id} -> {session_id, runs, tasks, decisions}
/// backup     {path} -> {path, size_bytes}
struct api_request {
  std::string op;
  std::string workspace = "default";
  origin by;
  text params;
  std::string idempotency_key;
};

struct api_answer {
  failure error;
  core::problems problems; // For errc::invalid.
  text body;               // JSON object.
  duration retry_after{};  // With errc::overloaded and store_full.
};

/// A line of a live stream, each a JSON object: a fact
/// {"seq", "at", "kind", "id", "run", ...}, {"kind":"progress", ...} or, last,
/// {"kind":"lost","why"} where it cannot go on, {"kind":"end"} when the run is
/// over.
struct watch_event {
  std::string cursor; // Resumes after this event; empty: of the one before.
  std::string json;   // Empty: nothing but where the stream stands.
  bool last = false;
};

struct watch_request {
  std::string workspace = "default";
  id run;            // nil: every run of the workspace.
  std::string after; // Cursor; empty: from the run's start, or from now.
  origin by;
  watch_filter only = {};
  /// Null: what is past is told as fast as it can be read.
  std::shared_ptr<watch_pace> pace = {};
};

class api {
public:
  virtual ~api() = default;

  /// Answers once, later, on another thread; also after the caller has lost
  /// interest. Thread-safe.
  virtual void call(api_request what, std::function<void(api_answer)> then) = 0;

  /// Events until `sink` returns false or the stream has ended. Called from one
  /// other thread at a time; must not block. Thread-safe.
  virtual void watch(watch_request what,
                     std::function<bool(const watch_event&)> sink) = 0;
};

} // namespace troupe::core
