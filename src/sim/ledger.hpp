#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/run.hpp"
#include "core/store.hpp"

namespace troupe::sim {

/// A task as its facts tell it, beside what its row shows.
struct told_task {
  core::task_state told = core::task_state::waiting;
  core::task_state shown = core::task_state::waiting;
  bool reopened = false; // By a `retry` since it ended.
  bool cached = false;   // Its output was stored before.
  bool fell_back = false;
  bool known = false;     // It has a row.
  bool begun_now = false; // By a fact of the batch that is being read.
  uint32_t attempt = 0;
  uint32_t started = 0; // The newest attempt whose start is durable.
  uint32_t retries = 0;
  uint32_t parent = 0;
  const core::step* step = nullptr; // Null: an agent added it.
  bool item = false;                // Of a foreach, or a round of a loop.
  core::due_kind due = core::due_kind::none;
  core::instant due_at;
};

struct told_run {
  core::run_row row; // The newest.
  core::workflow_ptr definition;
  core::run_state told = core::run_state::queued;
  std::vector<told_task> tasks;             // By number - 1.
  std::map<std::string, uint32_t> commands; // Carried out, by their first word.
  core::instant newest;
  uint32_t retries_asked = 0;
};

/// Follows everything that becomes durable, batch by batch, and knows what must
/// hold: an order of facts that makes sense, rows that are the fold of the
/// facts, limits, policies. Pure; the first thing that is wrong is told.
class ledger {
public:
  using complaint = std::function<void(std::string)>;

  /// `tell`: what is worth a line of the story; may be empty.
  explicit ledger(complaint wrong, complaint tell = {});

  /// Before anything is submitted with it.
  void know(core::workflow_ptr definition);

  // -- what happens

  /// The store is open: for the next life of the node, or of its journal.
  void opened(const core::opened& x);
  void committed(const core::batch& b);

  /// An agent is called. `waits`: only after its start is durable.
  void called(core::id task, uint32_t attempt, bool waits);
  /// The first thing that it said.
  void answered(core::id task, uint32_t attempt, std::string done_with);
  /// It said "not now": its work has not begun.
  void declined(core::id task) { --calls_of_[task]; }

  // -- views

  const std::map<core::id, told_run>& runs() const { return runs_; }
  const told_run* find(core::id run) const;
  const told_task* find_task(core::id task) const;
  /// So many commands of that kind are durable.
  uint32_t commands(core::id run, const std::string& word) const;
  bool has_definition(const std::string& name) const;
  uint64_t next_seq(uint32_t shard) const;
  uint64_t tasks() const;
  uint64_t facts() const { return facts_; }
  uint64_t hash() const { return hash_; }

  /// Everything again, from the store: rows against facts.
  void audit(core::store_reader& store, uint32_t shards);

private:
  void take_sequence(const core::batch& b);
  void take_key(const core::key_row& x);
  void take_run(const core::run_row& row);
  void check_run(const core::run_row& row);
  void take_task(const core::task_row& row);
  void check_timer(told_run& run, told_task& t, const core::fact& x);
  void take_fact(const core::fact& x);
  void take_run_fact(told_run& run, const core::fact& x);
  void take_task_fact(told_run& run, told_task& t, const core::fact& x);
  void end_task(told_task& t, const core::fact& x);
  void begin_task(told_run& run, told_task& t, const core::fact& x);
  void check_order(const told_run& run, const told_task& t,
                   const core::fact& x);
  void check_policy(const told_run& run, const told_task& t, core::id key);
  void check_output(const told_task& t, const core::task_row& row);
  void check_parallel(const told_run& run);
  void wrong(const std::string& rule, const std::string& what) const;

  complaint wrong_, tell_;
  std::map<std::string, core::workflow_ptr> definitions_; // By hash.
  std::set<std::string> registered_;
  std::map<core::id, told_run> runs_;
  std::map<std::pair<std::string, std::string>, core::id> keys_;
  std::vector<uint64_t> next_seq_, epochs_; // By shard.
  uint64_t epoch_ = 0;
  uint64_t facts_ = 0;
  uint64_t hash_ = 0;
  std::set<std::pair<core::id, uint32_t>> calls_;
  std::map<core::id, uint32_t> calls_of_;
  std::map<std::pair<core::id, uint32_t>, std::string> answers_;
};

/// Whether a task that the facts left in `t.told` may have a row like that.
bool fits(const told_task& t, core::task_state shown, bool run_paused);

} // namespace troupe::sim
