#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/store.hpp"
#include "store/memory_store.hpp"

namespace troupe::store {

/// What a memory store holds; its writers and readers share it. Ordered
/// containers only: a simulation must see the same order in every run.
struct memory_state {
  using named = std::pair<std::string, std::string>; // Workspace and name.

  std::mutex mutex;
  bool owned = false; // By a writer.
  bool clean = true;
  uint64_t epoch = 0;
  uint64_t commits = 0;
  uint64_t rows = 0;
  core::instant newest;
  std::vector<uint64_t> next_seq;
  std::map<core::id, core::run_row> runs;
  std::map<core::id, core::task_row> tasks;
  std::map<std::pair<core::id, uint32_t>, core::attempt_row> attempts;
  std::map<std::pair<core::id, uint32_t>, core::log_row> logs;
  std::map<core::id, core::decision_row> decisions;
  std::map<named, core::definition_row> definitions; // By hash.
  std::map<named, core::key_row> keys;
  std::map<named, core::cache_row> cached;
  std::map<named, core::strategy_row> strategies;
  std::vector<core::audit_row> audits;
  std::map<std::string, core::note_row> notes;
  std::map<core::id, std::vector<core::signal_row>> signals;
  std::map<std::pair<uint32_t, uint64_t>, core::segment> segments;

  std::shared_ptr<memory_faults> faults;
  memory_options options;
  core::instant next_round; // Of forgetting.
};

/// Whether `b` contradicts what is stored: the fence, a fresh row that exists,
/// a change of one that does not.
bool contradicts(const memory_state& state, const core::batch& b);

/// Writes all of `b`. REQUIRES: it does not contradict.
void apply(memory_state& state, const core::batch& b);

/// Removes what `options` lets go, now and then.
void forget_old(memory_state& state, core::instant now);

/// Lists of what is registered, audited and past. REQUIRES: the mutex is held.
core::registered_page registered_in(const memory_state& state,
                                    const std::string& workspace,
                                    const core::page& where);
std::vector<core::audited> audits_in(const memory_state& state,
                                     const std::string& workspace,
                                     core::audit_place before, uint32_t limit);
bool in_queue(const core::task_row& x, const core::queue_filter& what);
core::audit_sums audit_sums_in(const memory_state& state,
                               const std::string& workspace,
                               core::instant since, core::duration slow_after);
std::vector<std::string> queue_workspaces_in(const memory_state& state,
                                             uint32_t limit);
std::vector<core::segment> history_in(const memory_state& state, uint32_t shard,
                                      uint64_t before, uint32_t limit);

/// True once for each time the fault was asked for.
bool take_fault(std::atomic<uint32_t>& fault);

std::unique_ptr<core::store_reader>
make_memory_reader(std::shared_ptr<memory_state> state);

} // namespace troupe::store
