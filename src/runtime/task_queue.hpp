#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/node_api.hpp"
#include "runtime/queue_settings.hpp"

namespace troupe::runtime {

class queue_pass_run;

/// The contract of docs/task-queue.md over the runs of a node: strategies
/// become runs whose steps are held, and passes release them. What it holds in
/// memory may be lost: the runs go on, and the next pass finds the rest.
class task_queue : public std::enable_shared_from_this<task_queue> {
public:
  using call = std::function<void(core::api_answer)>;

  task_queue(std::weak_ptr<node_api> api, queue_settings settings);

  /// Whether it is one of its operations: they begin with `queue_`.
  static bool takes(std::string_view op);
  void ask(node_api::question& q);

  /// Works every queue of the node once; the first call only where that is to
  /// be done now and then. Returns when it wants to be called again; nothing:
  /// never.
  std::optional<core::duration> sweep();

  /// When a task that is held may be released; nothing: now, or never.
  std::optional<core::instant> opens(const core::task_row& row) const;

  // -- for passes

  std::shared_ptr<node_api> api() const { return api_.lock(); }
  const queue_settings& settings() const { return settings_; }
  const core::queue_calendar& calendar() const { return calendar_; }
  core::instant now() const;
  /// On a reader's thread; `lost` where there is none.
  void read(read_job job, std::function<void()> lost);
  /// Whether somebody answers to the contract's name of an agent.
  bool has_agent(const std::string& name) const;
  void reported(core::id task, double fraction);
  void forget_progress(core::id task);
  void tell(const std::vector<core::queue_alert>& news);
  void missing_agents(const std::string& workspace,
                      const std::set<std::string>& agents);
  /// Compares the figures of a queue with what they should be.
  void look(const std::string& workspace);

  struct pass_order {
    std::string workspace;
    core::origin by;
    uint32_t at_once = 5;
    uint8_t priority_min = 1;
    std::string type;
    std::string agent;
    /// This task alone; nothing: all that is ready.
    std::optional<core::id> only = {};
    /// Called when it is over: whether it has worked anything.
    std::function<void(bool)> after = {};
  };
  void work(pass_order what, call then);
  /// Passes until one finds nothing to do; none where such are on already.
  void work_on_and_on(pass_order what);

private:
  using question = node_api::question;
  using json = nlohmann::json;

  // task_queue_plan.cpp
  void strategy_call(question& q);
  void decompose_call(question& q);
  void submit_plan(const std::shared_ptr<question>& q, core::strategy from);
  // task_queue_lists.cpp
  void status_call(question& q);
  void metrics_call(question& q);
  // task_queue_orders.cpp
  void execute_call(question& q);
  void execute_one(question& q, pass_order order);
  void cancel_call(question& q);
  void retry_call(question& q);
  void with_task(question& q, const char* name,
                 std::function<void(question&, core::task_row)> use);

  void work_all();
  void end_stuck_passes();
  std::optional<double> progress_of(core::id task) const;

  std::weak_ptr<node_api> api_;
  queue_settings settings_;
  core::queue_calendar calendar_;
  bool begun_ = false; // The sweep has been called once.
  mutable std::mutex mutex_;
  std::map<core::id, double> progress_; // Of tasks that passes follow.
  core::queue_alerts alerts_;
  std::map<std::string, core::instant> looked_at_; // By workspace.
  std::set<std::string> working_; // Workspaces that are worked on and on.
  std::vector<std::weak_ptr<queue_pass_run>> passes_;
};

} // namespace troupe::runtime
