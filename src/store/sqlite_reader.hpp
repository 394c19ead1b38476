#pragma once

#include <chrono>
#include <memory>

#include "core/store.hpp"
#include "store/row_reader.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::store {

/// A read-only connection, opened at its first use. One thread owns it.
class sqlite_reader : public core::store_reader {
public:
  explicit sqlite_reader(sqlite_options options);

  core::result<std::vector<core::run_row>> live_runs(uint32_t shard,
                                                     uint32_t shards) override;
  core::result<core::stored_run> load_run(core::id run) override;
  core::result<std::optional<core::key_row>>
  find_key(const std::string& workspace, const std::string& key) override;
  core::result<std::optional<core::definition_row>>
  find_definition(const std::string& workspace,
                  const std::string& hash) override;
  core::result<std::optional<core::definition_row>>
  find_definition(const std::string& workspace, const std::string& name,
                  uint32_t version) override;
  core::result<core::registered_page>
  registered(const std::string& workspace, const core::page& where) override;
  core::result<std::optional<core::cache_row>>
  find_cached(const std::string& workspace, const std::string& key,
              core::instant now) override;
  core::result<core::run_page> runs(const core::run_filter& what,
                                    const core::page& where) override;
  core::result<core::task_page> tasks(const core::task_filter& what,
                                      const core::page& where) override;
  core::result<std::optional<core::run_row>> find_run(core::id run) override;
  core::result<std::optional<core::task_row>> find_task(core::id task) override;
  core::result<std::vector<core::attempt_row>> attempts(core::id task) override;
  core::result<std::vector<core::log_row>>
  logs(const core::log_filter& what) override;
  core::result<std::vector<core::decision_row>>
  open_decisions(const std::string& workspace) override;
  core::result<std::optional<core::strategy_row>>
  find_strategy(const std::string& workspace, const std::string& key) override;
  core::result<core::task_page> queue_tasks(const core::queue_filter& what,
                                            const core::page& where) override;
  core::result<std::vector<uint64_t>>
  queue_counts(const std::string& workspace, core::instant since) override;
  core::result<core::audit_sums> audits(const std::string& workspace,
                                        core::instant since,
                                        core::duration slow_after) override;
  core::result<std::vector<core::audited>>
  audits_before(const std::string& workspace, core::audit_place place,
                uint32_t limit) override;
  core::result<std::vector<std::string>>
  queue_workspaces(uint32_t limit) override;
  core::result<std::vector<core::note_row>>
  notes(const std::string& head) override;
  core::result<std::vector<core::segment>> history(uint32_t shard, uint64_t seq,
                                                   uint32_t limit) override;
  core::result<std::vector<core::segment>>
  history_before(uint32_t shard, uint64_t seq, uint32_t limit) override;
  core::result<std::vector<std::string>> check_history() override;
  core::result<std::vector<std::string>> check(bool deep) override;

private:
  using clock = std::chrono::steady_clock;

  /// Opens if need be and starts the clock of one read.
  failure begin(bool with_deadline = true);
  /// What stops the use of what was read, if anything does.
  failure trouble(const query& q, const row_reader& rows) const;
  core::result<std::optional<core::definition_row>> definition(query& q);
  failure load_parts(core::stored_run& into, row_reader& rows);

  sqlite_options options_;
  clock::time_point deadline_;
  std::unique_ptr<connection> db_;
};

} // namespace troupe::store
