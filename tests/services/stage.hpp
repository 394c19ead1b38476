#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "services/process_run.hpp"

namespace troupe::services::test {

/// How long a test waits for what must happen; only a broken one waits so long.
inline constexpr std::chrono::seconds patience{30};

std::unique_ptr<spawner> open_spawner(spawner_options options = {});

/// A file beside the test program.
std::string beside(const std::string& name);

/// `sh -c script`.
spawn_spec shell(std::string script);

/// Watches any process from while it lives to its end.
class watch {
public:
  explicit watch(pid_t pid);
  bool alive() const { return !ended_within({}); }
  bool ended_within(std::chrono::milliseconds time) const;

private:
  descriptor pidfd_;
};

/// What a run said, and how it ended.
class run_record {
public:
  run_events events();

  /// Waits for the end. REQUIRES: called once.
  run_end end();
  bool ended();

  /// Waits until a line of the log is `line`.
  bool logged(const std::string& line);
  std::vector<std::string> log();
  std::vector<progress_note> progress();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<run_end> end_;
  std::vector<std::string> log_;
  std::vector<progress_note> progress_;
};

/// One run from start to end.
run_end run(spawner& through, run_request request);
run_end run(spawner& through, std::string script, std::string input = {});

/// A child as the spawner itself reports it.
class child_record {
public:
  child_events events();
  pid_t started(); // Waits.
  child_end gone();
  failure failed();

  /// The next line of its stdout; waits.
  std::string line();

private:
  template <class Ready>
  void wait(Ready ready);

  std::mutex mutex_;
  std::condition_variable changed_;
  pid_t pid_ = 0;
  child_pipes pipes_;
  std::optional<child_end> gone_;
  std::optional<failure> failed_;
};

/// The next line of a pipe, waiting for it. Throws when it takes too long.
std::string read_line(int fd);

size_t open_descriptors();

} // namespace troupe::services::test
