#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "troupe/agent.hpp"
#include "troupe/errc.hpp"

namespace caf {
class actor_system_config;
}

namespace troupe {

namespace core {
class api;
}

/// How to run a node. `node_options{}` is valid and right for one machine.
struct node_options {
  // -- behaviour

  /// Where everything durable is. Empty: in memory only, gone with the node.
  std::string data = "troupe-data";

  /// False: a power cut may take the newest acknowledged commits; a crash of
  /// the process takes none.
  bool sync = true;

  /// How long an attempt that is cancelled may take to end by itself.
  std::chrono::milliseconds cancel_grace{5'000};

  /// How long runs that have ended are kept, with their tasks; and history.
  std::chrono::seconds runs_kept = std::chrono::hours{30 * 24};
  std::chrono::seconds history_kept = std::chrono::hours{30 * 24};

  /// Of this node; agents of the same region win ties.
  std::string region;

  // -- limits

  /// Worker threads for actors; 0: as many as cores.
  uint32_t threads = 0;

  /// Units of ownership and recovery, 1 to 4096. A store keeps the number it
  /// was made with.
  uint32_t shards = 64;

  /// Ready tasks that are live actors; what is beyond waits as rows. About
  /// 2 KiB each.
  uint32_t window = 100'000;

  /// What may wait to be written before new work is refused.
  size_t pending_bytes_max = 32u << 20;

  /// Tasks that may wait for agents before new work is refused; a workspace
  /// that has nothing waiting gets in still. About 350 bytes for each run.
  uint64_t queued_max = 5'000'000;

  /// Free bytes of the disk below which new work is refused, so that what was
  /// accepted can end.
  uint64_t disk_reserve = 64u << 20;

  // -- reports

  /// Called for what people should know, from any thread. Empty: stderr.
  std::function<void(const std::string&)> warn;

  // -- for actors of one's own (troupe/caf.hpp)

  /// Called before the actor system starts, e.g. to add message types.
  std::function<void(caf::actor_system_config&)> configure;
};

/// Returns every problem at once, one sentence each; empty means valid.
std::vector<std::string> problems(const node_options& opts);

/// What became of a submission.
struct submitted {
  failure error;         // Set: nothing was accepted.
  std::string run;       // Its UUID.
  bool repeated = false; // The idempotency key was known.
};

/// How a run stands, or ended.
struct run_result {
  failure error; // Of the question, or why the run failed.
  std::string run;
  std::string state;  // "completed", "failed", ...
  std::string output; // JSON.
};

/// How to submit. All fields may stay as they are.
struct submit_options {
  std::string workspace = "default";
  std::string input = "{}"; // JSON object.
  std::string idempotency_key;
  uint8_t priority = 0; // 1..10; 0: as the workflow says.
};

/// A node inside this process. Add agents, start it, submit work. Thread-safe
/// but for `add`, `start` and `stop`, which belong to one thread.
class node {
public:
  explicit node(node_options opts = {});
  ~node(); // Stops at once: safe, since everything acknowledged is durable.

  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Before `start`: an agent in this process. Names are unique.
  void add(profile who, agent_factory make);
  void add(profile who, reactive_factory make);

  /// Opens the data directory and starts all actors.
  failure start();

  /// Lets what runs end until the deadline, then cancels it; it goes back to
  /// the queue uncounted and runs again after the next start.
  failure stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

  // -- work; each answers when it is durable

  /// A workflow (YAML or JSON).
  submitted submit(const std::string& workflow, submit_options how = {});
  /// A list of tasks (JSON), one run for all.
  submitted submit_tasks(const std::string& tasks, submit_options how = {});

  using submit_callback = std::function<void(submitted)>;
  using result_callback = std::function<void(run_result)>;
  /// The same without waiting; called on a thread of the node, must be quick.
  void submit_tasks(const std::string& tasks, submit_options how,
                    submit_callback then);
  /// Calls back when the run has ended, with how.
  void submit_and_wait(const std::string& workflow_or_tasks, submit_options how,
                       result_callback then);

  /// Blocks until the run has ended.
  run_result run(const std::string& workflow_or_tasks, submit_options how = {});

  failure cancel(const std::string& run, const std::string& reason = {},
                 const std::string& workspace = "default");

  /// Blocks until a run has ended, however it was submitted.
  run_result wait(const std::string& run,
                  const std::string& workspace = "default");

  // -- views

  /// Calls `on_event` with all that happens to a run (docs/api.md; a JSON
  /// object each), from its beginning until it has ended or `on_event` returns
  /// false. Called on threads of the node, one at a time: be quick.
  failure watch(const std::string& run,
                std::function<bool(const std::string& event)> on_event,
                const std::string& workspace = "default");

  /// Any operation of docs/api.md: JSON in, JSON out.
  failure ask(const std::string& operation, const std::string& params,
              std::string& answer, const std::string& workspace = "default");

  /// The semantic layer, for doors. Lives as long as the node.
  std::shared_ptr<core::api> api();

private:
  friend class node_insides; // For the program's own assembly.
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe
