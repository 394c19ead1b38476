#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <nlohmann/json_fwd.hpp>

#include "actors/house.hpp"
#include "core/api.hpp"
#include "core/metric_page.hpp"

namespace troupe::runtime {

class live_hub;
class webhooks;
class task_queue;

/// The semantic layer over the actors: validates, asks, answers. Parsing is
/// done on the caller's thread, reading on the readers'.
class node_api : public core::api,
                 public std::enable_shared_from_this<node_api> {
public:
  using callback = std::function<void(core::api_answer)>;

  node_api(caf::actor_system& sys, house_ptr home, caf::actor root,
           roster_ptr monitors);

  void call(core::api_request what, callback then) override;
  void watch(core::watch_request what,
             std::function<bool(const core::watch_event&)> sink) override;

  /// What `reload` does; called on a thread of its own, answers once. Before
  /// the first call; without it there is nothing to read again.
  void on_reload(std::function<core::api_answer()> how) {
    reload_ = std::move(how);
  }

  /// What `callback` does: a token and a body. Must not block; before the first
  /// call.
  using callback_taker = std::function<core::api_answer(
    const std::string& token, const std::string& body)>;
  void on_callback(callback_taker how) { callback_ = std::move(how); }

  /// Webhooks, for their operations; null: there are none. Before the first
  /// call; they live as long as calls come.
  void on_webhooks(webhooks* what) { webhooks_ = what; }

  /// Keeps a note of the node's own, or lets it go.
  void keep_note(const core::note_row& what, std::function<void(failure)> then);

  /// Runs a job on a reader's thread; `lost` is called if that is lost.
  void read_store(read_job job, const std::function<void()>& lost);

  /// Who adds to an entry of `agents`. Must not block; before the first call.
  void on_agents(std::function<void(nlohmann::json&)> how) {
    agent_details_ = std::move(how);
  }

  /// Who adds figures to `metrics`. Called on any thread; must not block.
  using figure_source = std::function<void(core::metric_page&)>;
  void add_figures(figure_source from);

  /// Who works the task queues. Before the first call.
  void use_queue(std::shared_ptr<task_queue> queue) {
    queue_ = std::move(queue);
  }

  /// A command, typed: for embedded programs and benchmarks.
  void submit(command what, answer_callback then);
  /// The id of a run that this submission makes.
  core::id new_run(std::string_view workspace, std::string_view key) const;
  const house& home() const { return *home_; }

  /// No more calls reach the actors: the node stops.
  void close() { open_ = false; }

private:
  friend class task_queue;
  struct question;
  using json = nlohmann::json;

  void give(const std::shared_ptr<command>& what, answer_callback then,
            uint32_t tries);

  // api_submit.cpp
  void submit_call(question& q);
  void plan_call(question& q);
  void register_call(question& q);
  void with_source(question& q,
                   std::function<void(core::parsed_workflow, bool ad_hoc)> use);
  void finish_submit(const std::shared_ptr<question>& q,
                     core::workflow_ptr definition, bool ad_hoc);
  // api_commands.cpp
  void command_call(question& q, verb what);
  // api_queries.cpp
  void read(read_job job, const callback& then);
  /// Reads the run of the id in the field of that name, which may be one of a
  /// task, or answers the call: what no run of this workspace has is not there.
  using run_reading =
    std::function<void(core::store_reader&, core::run_row, core::id)>;
  void with_run(question& q, const char* field, run_reading use);
  void run_call(question& q);
  void runs_call(question& q);
  void tasks_call(question& q);
  void history_call(question& q);
  void approvals_call(question& q);
  // api_task.cpp
  void task_call(question& q);
  // api_logs.cpp
  void logs_call(question& q);
  // api_progress.cpp
  void add_eta(const core::run_row& row, json shown, const callback& then);
  // api_live.cpp
  void why_call(question& q);
  void ask_why(question q, core::id key);
  void tree_call(question& q);
  void agents_call(question& q);
  void backup_call(question& q);
  // api_drain.cpp
  void drain_call(question& q);
  // api_reload.cpp
  void reload_call(question& q);
  // api_webhooks.cpp
  void webhooks_call(question& q);
  void dead_letters_call(question& q);
  void redeliver_call(question& q);
  // api_callback.cpp
  void callback_call(question& q);
  // api_status.cpp
  void status_call(question& q);
  // api_workflows.cpp
  void workflow_call(question& q);
  void workflows_call(question& q);
  void diff_call(question& q);
  // api_report.cpp
  void run_plan_call(question& q);
  void report_call(question& q);
  void decision_call(question& q);
  // api_audit.cpp
  void audit_call(question& q);
  void audit_check_call(question& q);
  // api_requests.cpp
  void request_call(question& q);
  void request_status_call(question& q);
  void state_call(question& q);
  // api_estimate.cpp
  void answer_tasks(const std::shared_ptr<question>& q, const answer& made,
                    json body, core::workflow_ptr definition);
  // api_watch.cpp
  struct watching;
  std::shared_ptr<live_hub> hub();
  // api_metrics.cpp
  void metrics_call(question& q);
  void add_agents(question q, std::shared_ptr<core::metric_page> page);
  void add_demand(question q, std::shared_ptr<core::metric_page> page);

  std::function<core::api_answer()> reload_;
  callback_taker callback_;
  webhooks* webhooks_ = nullptr;
  std::function<void(nlohmann::json&)> agent_details_;
  std::mutex figures_mutex_;
  std::vector<figure_source> figures_;
  std::shared_ptr<task_queue> queue_;
  caf::actor_system& sys_;
  house_ptr home_;
  caf::actor root_;
  roster_ptr monitors_;
  core::instant started_at_;
  std::atomic<bool> open_{true};
  std::atomic<bool> draining_{false}; // New runs are refused.
  std::atomic<uint32_t> next_reader_{0};
  std::mutex hub_mutex_;
  std::shared_ptr<live_hub> hub_; // Made for the first stream.
};

} // namespace troupe::runtime
