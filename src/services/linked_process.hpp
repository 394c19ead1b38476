#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/agent_link.hpp"
#include "core/restart_policy.hpp"
#include "services/error_lines.hpp"
#include "services/pipe_writer.hpp"
#include "services/spawner.hpp"
#include "troupe/agent.hpp"

namespace troupe::services {

struct linked_request {
  std::string name; // Of the agent, in messages.
  spawn_spec program;
  core::link_limits limits;
  error_lines_limits errors;
  restart_backoff restarts;
  std::vector<std::string> allowed; // Capabilities; empty: any.
  /// What the agent announced; on the loop's thread. Empty: nobody listens.
  std::function<void(std::vector<std::string>)> announced;
  /// W3C trace context of an attempt; empty: nobody knows it.
  std::function<std::string(const task&)> traceparent;
};

/// A long-lived process that works on many tasks: its pipes, its timers, and
/// the next one when it ends. What is said is `core::agent_link`'s to decide.
/// It begins at once, lives until `close`, and then until its process is gone.
/// All methods may be called from any thread; `through` must outlive it.
class linked_process : public std::enable_shared_from_this<linked_process> {
public:
  static std::shared_ptr<linked_process> open(spawner& through,
                                              linked_request request);

  /// `done` gets one outcome. Also reacts to `done.on_cancel`.
  void assign(const task& t, const reply& done);

  /// Stops an attempt: it is asked to, or with `force` the process is ended.
  void cancel(core::link_key which, bool force);

  /// No further process; this one gets its goodbye, or its end if it works.
  void close();

private:
  linked_process(spawner& through, linked_request request);

  void begin();
  void on_started(child_pipes pipes);
  void on_gone(failure why);
  failure why_gone(child_end end) const;
  void again_later();
  void apply(core::link_actions actions);
  void end_process(core::link_actions::fate how);
  void wake_when_due();
  void write_frames();
  void break_later(std::string why);
  void watch_output();
  void pause_output();
  void read_output();
  void read_errors();
  bool drain_output();
  bool drain_errors();
  void drain_all();
  void close_pipes();
  void unwatch(process_loop::token& watched);
  void unarm(process_loop::token& timer);
  core::instant now() const;

  spawner& spawner_;
  process_loop& loop_;
  linked_request request_;
  // Below: the loop's thread only.
  core::agent_link link_;
  core::backoff_schedule backoff_;
  std::map<core::link_key, reply> replies_;
  std::optional<error_lines> errors_; // Of this process.
  child_pipes pipes_;                 // Without that of its input.
  pipe_writer input_;
  uint64_t child_ = 0; // 0: none is there, or on its way.
  std::optional<core::instant> running_since_;
  bool finishing_ = false; // Its stdin is closed once all is written.
  bool closed_ = false;
  process_loop::token output_watch_ = 0;
  process_loop::token errors_watch_ = 0;
  process_loop::token due_timer_ = 0;
  process_loop::token grace_timer_ = 0;
  process_loop::token broken_timer_ = 0;
  process_loop::token restart_timer_ = 0;
  process_loop::token reading_timer_ = 0;
};

} // namespace troupe::services
