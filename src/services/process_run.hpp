#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "services/error_lines.hpp"
#include "services/pipe_writer.hpp"
#include "services/spawner.hpp"

namespace troupe::services {

struct run_limits {
  size_t output_bytes_max = 4 * 1024 * 1024; // Of stdout; over it: killed.
  error_lines_limits errors;
  /// Between the polite signal and the end of the whole tree.
  std::chrono::milliseconds grace{5000};
};

struct run_request {
  spawn_spec program;
  std::string input; // All of stdin; then it is closed.
  /// 0: none. For a limit of the process itself: the time of a task is its
  /// run's to measure, whose clocks may stand.
  std::chrono::milliseconds timeout{0};
  run_limits limits;
};

enum class run_fate : uint8_t {
  exited,         // By itself, with `code`.
  signalled,      // Not by us; `code` is the signal.
  lost,           // The spawner died, and the process with it.
  not_started,    // `why` says why.
  timed_out,      // Ended by us after `timeout`.
  cancelled,      // Ended by us on demand.
  output_too_big, // Ended by us: `output_bytes_max`.
};

/// How a run ended. Nothing of its process is alive any more.
struct run_end {
  run_fate fate = run_fate::exited;
  int code = 0;
  std::string output;     // At most `output_bytes_max`.
  std::string errors;     // The end of stderr.
  std::string last_lines; // Its last lines without progress.
  failure why;
};

/// Called on the loop's thread; they must not block. `ended` exactly once, and
/// nothing after it. Empty ones are skipped.
struct run_events {
  std::function<void(double fraction, std::string note)> progress;
  std::function<void(std::string line)> log;
  std::function<void(run_end)> ended;
};

/// A command that runs once, for one task: all of its input, all of its output,
/// and the proof of its end. Holds no thread. It keeps itself alive until it
/// has ended.
class process_run : public std::enable_shared_from_this<process_run> {
public:
  /// From any thread. `through` must live until `ended`.
  static std::shared_ptr<process_run>
  start(spawner& through, run_request request, run_events events);

  /// SIGTERM to its group, and after the grace time the end of its tree. From
  /// any thread, before `ended` has returned.
  void cancel();

  /// The end of its tree, now. From any thread, before `ended` has returned.
  void kill();

private:
  process_run(spawner& through, run_request request, run_events events);

  void begin();
  void on_started(child_pipes pipes);
  void write_input();
  void read_output();
  void read_errors();
  bool drain_output();
  bool drain_errors();
  void deliver(error_lines::found found);
  void end_politely(run_fate fate);
  void end_now(run_fate fate);
  void on_gone(child_end end);
  void finish(run_end end);
  void stop_watching(process_loop::token& watched, descriptor& pipe);

  spawner& spawner_;
  process_loop& loop_;
  run_request request_;
  run_events events_;
  child_pipes pipes_; // Without that of its input.
  pipe_writer input_;
  error_lines lines_;
  std::string output_;
  uint64_t child_ = 0;
  process_loop::token output_watch_ = 0;
  process_loop::token errors_watch_ = 0;
  process_loop::token timer_ = 0; // The timeout, then the grace time.
  bool ending_ = false;           // By us; `fate_` says why.
  bool killed_ = false;           // By `end_now`.
  bool over_ = false;
  run_fate fate_ = run_fate::exited;
};

} // namespace troupe::services
