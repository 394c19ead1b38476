#pragma once

#include <chrono>
#include <string>

#include "services/process_run.hpp"
#include "troupe/agent.hpp"

namespace troupe::services {

/// The longest `retry_after_ms` that is believed.
inline constexpr std::chrono::hours retry_after_max{24};

/// The longest message of a failure; the rest is cut.
inline constexpr size_t failure_bytes_max = 4 * 1024;

/// What stdout holds when a process ended well.
enum class answer_form : uint8_t {
  output,   // The output of the task, whatever it looks like.
  envelope, // {"output": .., "tasks": [..]}: tasks join the run.
};

/// What a process gets on stdin: the task as one JSON object and a newline.
std::string task_object(const task& t);

/// A failed exit in words: the code and the last lines of stderr.
std::string exit_message(const run_end& end, const std::string& name);

/// What the end of a one-shot process means for its task
/// (docs/agents.md, "A process for each task"). `name` is the command's.
outcome judge(run_end end, const std::string& name,
              answer_form form = answer_form::output);

/// The outcome of a run that did not exit by itself: the same for every kind of
/// process. REQUIRES: `fate` is not `exited`.
outcome judge_violent_end(const run_end& end, const std::string& name);

} // namespace troupe::services
