#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/link_frame.hpp"
#include "core/time.hpp"
#include "troupe/agent.hpp"

namespace troupe::core {

/// The version of the protocol that a long-lived agent speaks.
inline constexpr std::string_view link_protocol = "1";

struct link_limits {
  size_t frame_bytes_max = 4 * 1024 * 1024;         // A longer line is dropped.
  uint32_t tasks_max = 4;                           // At a time: its slots.
  duration handshake_max = std::chrono::seconds{5}; // To its `link/hello`.
  duration heartbeat = std::chrono::seconds{5};
  uint32_t heartbeats_missed_max = 3;        // Then nothing new is given to it.
  duration lease = std::chrono::seconds{30}; // Silent for so long: replaced.
  duration accept_max = std::chrono::seconds{10}; // To answer `task/assign`.
  duration grace = std::chrono::seconds{5};       // Between a wish and force.
  duration task_time_max{0};         // Of an attempt; 0: as the task says.
  uint32_t faults_max = 100;         // Wrong frames a minute; then: replaced.
  uint32_t frames_per_second = 2000; // Beyond it, it is read more slowly ...
  uint32_t frames_burst = 10'000;    // ... after so many at once.
  /// How long a task goes back to the queue that it has no room for.
  std::chrono::milliseconds busy_delay{1000};
  size_t remembered_max = 256;         // Ended attempts, to tell repeats.
  size_t capabilities_max = 64;        // That it may announce.
  size_t message_bytes_max = 4 * 1024; // Of a failure.
};

/// An attempt, as both sides name it.
struct link_key {
  std::string task;
  uint32_t attempt = 0;
  auto operator<=>(const link_key&) const = default;
};

/// What is to be done after an event.
struct link_actions {
  /// What becomes of the process.
  enum class fate : uint8_t {
    none,
    finish, // Close its stdin; after `grace` kill it.
    kill,   // Now, with all that it started.
  };
  struct end {
    link_key key;
    outcome what;
  };
  struct signal {
    link_key key;
    std::optional<double> progress; // None: a line of the log.
    std::string text;
  };

  std::string frames; // To its stdin.
  std::vector<end> ends;
  std::vector<signal> signals;
  std::optional<std::vector<std::string>> capabilities; // What it announced.
  fate process = fate::none;
};

/// The conversation with a long-lived agent, one process after the other: what
/// it was given, what it says, when it is too late. Pure: events and `now` go
/// in, actions come out. Every attempt that is given gets exactly one end, and
/// none while a process that may work on it still lives, unless that process
/// itself has said so.
class agent_link {
public:
  enum class phase : uint8_t { down, greeting, ready, leaving };

  /// `allowed`: the only capabilities it may announce; empty: any.
  agent_link(std::string name, link_limits limits,
             std::vector<std::string> allowed = {});

  // -- what happens to the process

  /// A new one runs. REQUIRES: phase `down`.
  link_actions born(instant now);
  /// Bytes of its stdout.
  link_actions receive(std::string_view bytes, instant now);
  /// It cannot be talked to any more, e.g. it closed its stdin or stdout.
  link_actions broken(const std::string& why);
  /// It is gone, or never came, and nothing of it is alive. `why` is what the
  /// system says of its end.
  link_actions gone(failure why);

  // -- what the node wants

  /// `traceparent`: what the agent is told of its trace.
  link_actions assign(const task& t, instant now, std::string traceparent = {});
  link_actions cancel(const link_key& which, bool force, instant now);
  /// No work comes any more, and what it has is not waited for.
  link_actions close();

  // -- time

  /// When `tick` is due; no_instant: never.
  instant next_due() const;
  link_actions tick(instant now);
  /// It says more than it may until then: leave its stdout unread.
  instant resume_reading_at() const { return read_at_; }

  phase now() const { return phase_; }
  size_t open_tasks() const { return tasks_.size(); }
  /// The attempt its stderr is about: the one it works on, if that is clear.
  const link_key* only_task() const;

private:
  enum class step : uint8_t {
    waiting, // For a process.
    offered, // `task/assign` is not answered.
    at_work,
    stopping, // `task/cancel` was sent.
  };
  struct held {
    task what; // Until it is told.
    std::string traceparent;
    step now = step::waiting;
    uint64_t request = 0;   // Of `task/assign`.
    instant due;            // Of its answer, of its time, or of the force.
    bool timed_out = false; // Over `task_time_max`.
    bool wanted = true;     // Nobody has cancelled it.
    bool at_fault = false;  // The process ends because of it.
  };
  using held_pos = std::map<link_key, held>::iterator;

  // What the agent says.
  bool take_line(std::string_view line, instant now);
  void take_request(const link_frame& frame, instant now);
  void take_notification(const link_frame& frame);
  void take_answer(const link_frame& frame, instant now);
  bool fault(const link_fault& why, instant now);
  void greet(const link_frame& frame, instant now);
  failure announce(const nlohmann::json& params);
  void take_signal(const link_frame& frame, held_pos of);
  std::optional<link_fault> take_end(const link_frame& frame);
  outcome result_of(const nlohmann::json& params) const;
  outcome error_of(const nlohmann::json& params, const held& of) const;
  void refused(held_pos which, const link_frame& frame);

  // What it is told.
  void offer(held_pos which, instant now);
  void offer_all(instant now);
  void ask_to_stop(held_pos which, std::string_view why);
  bool takes_more(instant now) const;
  bool silent(instant now) const;

  // Time.
  void set_due(held_pos which, instant at);
  void overdue(held_pos which, instant now);
  void beat(instant now);

  // Ends.
  void end(held_pos which, outcome what);
  outcome end_of_process(const held& of, const failure& why) const;
  void leave(link_actions::fate how, failure why);
  std::string shortened(std::string text) const;
  link_actions taken() { return std::exchange(out_, {}); }

  std::string name_;
  link_limits limits_;
  std::vector<std::string> allowed_;
  phase phase_ = phase::down;
  line_cutter lines_;
  std::map<link_key, held> tasks_;
  std::set<std::pair<instant, link_key>> dues_; // Of `tasks_`.
  std::map<uint64_t, link_key> asked_; // `task/assign` without an answer.
  uint32_t in_hand_ = 0;               // Of `tasks_`, those not waiting.
  std::deque<std::pair<link_key, std::string>> ended_; // And by which method.
  uint64_t last_request_ = 0;
  uint32_t credit_ = 0;   // How many tasks it wants to have at most.
  bool draining_ = false; // It wants no more work.
  bool greeted_ = false;  // This process said `link/hello`.
  bool deaf_ = false;     // What it says does not count any more.
  bool innocent_ = false; // It ends because of one task, not by its own fault.
  bool closed_ = false;   // By the node.
  bool warned_ = false;   // Of its silence.
  failure leaving_;       // Why we end it; none: it ended by itself.
  instant born_at_;
  instant heard_at_;
  instant beat_at_; // The next heartbeat to it.
  instant read_at_;
  uint32_t faults_ = 0; // Since `faults_since_`.
  instant faults_since_;
  link_actions out_;
};

/// An outcome that says: not begun, or cut off through no fault of its own. Its
/// task goes back to the queue uncounted.
outcome given_back(std::string why);

} // namespace troupe::core
