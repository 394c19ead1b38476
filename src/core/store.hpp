#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/rows.hpp"

// The store port. Adapters: sqlite (default), memory (tests, simulation). Not
// thread-safe: one thread owns a writer, another one each reader.

namespace troupe::core {

/// What one shard wants to have happened, as one. Truth and history are written
/// in one transaction. The same on every engine.
struct batch {
  uint32_t shard = 0;
  uint64_t epoch = 0;
  uint64_t first_seq = 0; // History is dense: the last batch's end + 1.
  uint32_t count = 0;     // Facts in `facts`; 0: truth only.
  text facts;             // Encoded; see core/facts.hpp.
  std::vector<definition_row> definitions;
  std::vector<key_row> keys;
  std::vector<run_row> runs;
  std::vector<task_row> tasks;
  std::vector<attempt_row> attempts;
  std::vector<decision_row> decisions;
  std::vector<signal_row> signals;
  std::vector<cache_row> cached;
  std::vector<log_row> logs;
  std::vector<strategy_row> strategies;
  std::vector<audit_row> audits;
  std::vector<note_row> notes;
};

enum class commit : uint8_t {
  done,
  rolled_back, // Known not to be written (full disk): try again later.
  fenced,      // Epoch or sequence is not the store's: the shard must die.
  unknown,     // Nobody knows (I/O error): reopen the store and look.
};

struct commit_report {
  commit what = commit::done;   // Of the transaction as a whole...
  std::vector<uint32_t> fenced; // ...but these shards' batches were left out.
  failure why;                  // Set unless done.
};

struct opened {
  uint64_t generation = 0; // Raised by a restore.
  uint64_t epoch = 0;      // Grows at every open of a writer.
  bool clean = true;       // The last owner closed it in order.
  instant newest;          // Newest stamp stored: time never goes back over it.
  std::vector<uint64_t> next_seq; // By shard.
};

struct store_stats {
  uint64_t size_bytes = 0;
  uint64_t wal_bytes = 0;
  uint64_t commits = 0;
  uint64_t rows = 0;               // Written since the open.
  double disk_used = 0;            // Of the disk it lies on, 0 to 1.
  uint64_t disk_free = UINT64_MAX; // Bytes on it that we may use.
};

class store_writer {
public:
  virtual ~store_writer() = default;

  /// Takes the lock, migrates, bumps the epoch. Once.
  virtual result<opened> open(uint32_t shards, instant now) = 0;

  /// Writes all batches in one transaction. REQUIRES: at most one per shard.
  virtual commit_report append(const std::vector<const batch*>& batches) = 0;

  /// A slice of upkeep (checkpoint, retention, sweeping) of about 2 ms. True if
  /// there is more to do.
  virtual bool maintain(instant now) = 0;

  /// A slice of copying the store to `path`: true when the copy is complete,
  /// durable, and of this moment. Call again until then; commits in between
  /// belong to it. Another path begins anew.
  virtual result<bool> backup(const std::string& path) = 0;

  virtual store_stats stats() = 0;

  /// Checkpoints and marks the store as cleanly closed.
  virtual failure close() = 0;
};

/// A run with everything that is needed to go on.
struct stored_run {
  run_row run;
  std::vector<task_row> tasks;         // By number.
  std::vector<decision_row> decisions; // Open ones.
  std::vector<signal_row> signals;
};

struct page {
  uint32_t limit = 100; // At most 1000.
  std::string after;    // Opaque cursor of the page before; empty: the first.
};

struct run_filter {
  std::string workspace = "default";
  std::optional<run_state> state;
  std::string name;
};

struct task_filter {
  std::string workspace = "default"; // Empty: all; not together with `state`.
  id run;                            // nil: tasks of all runs, newest first.
  std::optional<task_state> state;   // Served by an index where few match.
  std::string agent;
};

/// Whose logs, and from where on, in order of task and attempt.
struct log_filter {
  id of;                  // A run: of all its tasks.
  id task;                // From this task on; nil: from the first.
  uint32_t attempt = 0;   // And of that one from this attempt on.
  uint32_t rows_max = 64; // About 16 KiB each.
};

/// Which tasks of the task queue: those of steps that are held.
struct queue_filter {
  std::string workspace = "default";
  std::vector<task_state> states; // In this order; none: of all.
  std::string agent;              // As the queue names it: a label.
  std::string type;
  uint8_t priority_min = 0;
  bool held = false; // Only those that wait to be released.
};

/// What was done to tasks of the queue since then.
struct audit_sums {
  uint64_t completed = 0, failed = 0, executions = 0;
  duration busy{};                        // Of all executions.
  std::map<std::string, duration> agents; // The same by agent.
  uint64_t slow = 0;                      // Executions over `slow_after`.
};

struct run_page {
  std::vector<run_row> rows; // Newest first.
  std::string next;          // Empty: the last page.
};

struct task_page {
  std::vector<task_row> rows; // In order of number.
  std::string next;
};

/// What is registered under a name: its newest version.
struct registered_row {
  std::string name;
  uint32_t version = 0;
  std::string hash;
  instant created_at;
  uint32_t versions = 0; // That there are.
  bool operator==(const registered_row&) const = default;
};

struct registered_page {
  std::vector<registered_row> rows; // By name.
  std::string next;
};

/// Where a list of audits stands: rows of one moment are in order of number.
struct audit_place {
  instant at;
  uint64_t number = 0;
  auto operator<=>(const audit_place&) const = default;
};

struct audited {
  audit_place place;
  audit_row row;
};

struct segment {
  uint32_t shard = 0;
  uint64_t first_seq = 0;
  uint32_t count = 0;
  uint64_t epoch = 0;
  text facts;
};

class store_reader {
public:
  virtual ~store_reader() = default;

  /// Runs of a shard that are not ended, in id order: without inputs.
  virtual result<std::vector<run_row>> live_runs(uint32_t shard,
                                                 uint32_t shards) = 0;
  /// `with_ended`: also a run that has ended, and all its tasks.
  virtual result<stored_run> load_run(id run) = 0;
  virtual result<std::optional<key_row>> find_key(const std::string& workspace,
                                                  const std::string& key) = 0;
  virtual result<std::optional<definition_row>>
  find_definition(const std::string& workspace, const std::string& hash) = 0;
  /// version 0: the newest.
  virtual result<std::optional<definition_row>>
  find_definition(const std::string& workspace, const std::string& name,
                  uint32_t version) = 0;
  /// What is registered, by name.
  virtual result<registered_page> registered(const std::string& workspace,
                                             const page& where) = 0;
  virtual result<std::optional<cache_row>>
  find_cached(const std::string& workspace, const std::string& key,
              instant now) = 0;

  virtual result<run_page> runs(const run_filter& what, const page& where) = 0;
  virtual result<task_page> tasks(const task_filter& what,
                                  const page& where) = 0;
  virtual result<std::optional<run_row>> find_run(id run) = 0;
  virtual result<std::optional<task_row>> find_task(id task) = 0;
  virtual result<std::vector<attempt_row>> attempts(id task) = 0;
  virtual result<std::vector<log_row>> logs(const log_filter& what) = 0;
  virtual result<std::vector<decision_row>>
  open_decisions(const std::string& workspace) = 0;

  // -- the task queue

  virtual result<std::optional<strategy_row>>
  find_strategy(const std::string& workspace, const std::string& key) = 0;
  /// Highest priority first, then oldest.
  virtual result<task_page> queue_tasks(const queue_filter& what,
                                        const page& where) = 0;
  /// All tasks of the workspace's queue by state; `since`: of runs made then or
  /// later.
  virtual result<std::vector<uint64_t>>
  queue_counts(const std::string& workspace, instant since) = 0;
  virtual result<audit_sums> audits(const std::string& workspace, instant since,
                                    duration slow_after) = 0;
  /// The newest before `place` first; {}: from the newest on.
  virtual result<std::vector<audited>>
  audits_before(const std::string& workspace, audit_place place,
                uint32_t limit) = 0;
  /// Workspaces with tasks that wait to be released, at most `limit`.
  virtual result<std::vector<std::string>> queue_workspaces(uint32_t limit) = 0;

  /// Those whose names begin so, by name.
  virtual result<std::vector<note_row>> notes(const std::string& head) = 0;

  /// Segments of a shard that hold facts from `seq` on.
  virtual result<std::vector<segment>> history(uint32_t shard, uint64_t seq,
                                               uint32_t limit) = 0;
  /// Segments of a shard that begin before `seq`, newest first; 0: from its
  /// end.
  virtual result<std::vector<segment>>
  history_before(uint32_t shard, uint64_t seq, uint32_t limit) = 0;
  /// Every problem found in the chains of history, and nothing else.
  virtual result<std::vector<std::string>> check_history() = 0;
  /// Every problem found; `deep` reads everything.
  virtual result<std::vector<std::string>> check(bool deep) = 0;
};

/// Makes the two sides of one store.
class store {
public:
  virtual ~store() = default;
  virtual std::unique_ptr<store_writer> writer() = 0;
  /// REQUIRES: a writer has opened the store (or did so before).
  virtual std::unique_ptr<store_reader> reader() = 0;
};

/// The first and the last task that `what` asks for.
inline std::pair<id, id> tasks_in(const log_filter& what) {
  auto one = what.of.number() != 0;
  auto first = what.task ? what.task : what.of;
  return {first, one ? what.of : what.of.with(id::number_max)};
}

/// The shard that a slot belongs to.
inline uint32_t shard_of(uint32_t slot, uint32_t shards) {
  return slot * shards / id::slots;
}

} // namespace troupe::core
