#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "services/process_contract.hpp"
#include "services/process_run.hpp"
#include "troupe/agent.hpp"

namespace troupe::agents {

/// What process a task becomes, and what its end means. Const and thread-safe:
/// one serves all tasks of an agent, on the node's threads.
class process_kind {
public:
  virtual ~process_kind() = default;

  /// The run for `t`, or why there is none: then the attempt fails with it.
  virtual core::result<services::run_request> plan(const task& t) const = 0;

  virtual outcome judge(const task& t, services::run_end end) const = 0;
};

/// An agent whose work is done by processes, one for each task. An outcome is
/// given only when the process and all its descendants are gone, so a cancel
/// that was answered is proven. Thread-safe.
class process_agent : public reactive_agent {
public:
  /// `through` must outlive this, and every sink that was given to it.
  process_agent(services::spawner& through,
                std::shared_ptr<const process_kind> kind);

  /// Kills what it runs; the outcomes come all the same.
  ~process_agent() override;

  /// Also reacts to `done.on_cancel`, as `cancel` does.
  void perform(const task& t, reply done) override;

  void start(const task& t, std::shared_ptr<reply::sink> to);

  /// Ends an attempt: politely, after the grace time of its kind by force, with
  /// `force` at once. Nothing if it is over. Its sink gets the outcome when the
  /// process tree is gone.
  void cancel(const std::string& task_id, uint32_t attempt, bool force);

  size_t running() const;

private:
  struct attempts;

  services::spawner& spawner_;
  std::shared_ptr<const process_kind> kind_;
  std::shared_ptr<attempts> attempts_; // Runs may end after this has.
};

/// Runs `command` for each task as docs/agents.md says: the task on stdin, its
/// output on stdout. The environment has TROUPE_TASK, TROUPE_RUN,
/// TROUPE_WORKSPACE and TROUPE_ATTEMPT.
std::shared_ptr<const process_kind>
command_kind(services::spawn_spec command, services::run_limits limits = {},
             services::answer_form answers = services::answer_form::output);

/// Runs `/bin/sh -c` for tasks with the input {"command", "dir", "env",
/// "allow_failure"}; answers {"exit", "stdout", "stderr"}.
std::shared_ptr<const process_kind>
shell_kind(services::run_limits limits = {});

} // namespace troupe::agents
