#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/time.hpp"
#include "core/window.hpp"
#include "troupe/agent.hpp"

// What a seed means: everything that is drawn, as lists that can be made
// shorter. A plan without one of its parts is a plan again.

namespace troupe::sim {

/// How an agent behaves in one attempt.
enum class conduct : uint8_t {
  well,     // Answers at once.
  slow,     // Answers after a while.
  outside,  // The same, but from another thread, not through the host's timer.
  failing,  // Says that it failed; another try may help.
  refusing, // Says that no other try may help.
  wrong,    // Says something that was not asked for.
  throwing, // Crashes.
  dropping, // Lets go of the task without a word.
  hanging,  // Says nothing until it is cancelled.
  deaf,     // Says nothing, whatever is asked.
  twice,    // Answers, and then again with something else.
  lying,    // Says that it has stopped, and then that it is done.
  late,     // Asked to stop, it finishes instead.
  snoozing, // Not now.
  growing,  // Adds tasks to the run.
};
inline constexpr uint32_t conducts = 15;
std::string_view to_string(conduct x);

/// One agent of the simulated node.
struct agent_plan {
  profile who;
  bool outside = false;
  bool blocking = false; // A `troupe::agent` instead of a reactive one.
};

/// A workflow, or a list of tasks, and how it is submitted.
struct work_plan {
  nlohmann::json definition; // An array: a list of tasks.
  bool registered = false;   // Others use it as a part: it is registered only.
  std::string key;           // Idempotency key; empty: none.
  core::duration at{};
};

enum class act : uint8_t {
  // -- commands of clients
  again, // The same submission with the same key.
  cancel,
  cancel_task,
  pause,
  resume,
  retry,
  signal,
  approve,
  reject,
  look, // A query.
  // -- faults
  crash,        // The process ends.
  crash_before, // It ends during a commit, which is lost,
  crash_after,  // or during one that is written.
  stop,         // An orderly end and a new start.
  kill,         // An actor of that name.
  stall,        // Whoever is next gets no turn for a while.
  freeze,       // Nobody gets one.
  full,         // The disk is full for a while,
  low,          // or nearly.
  unknown,      // An I/O error: nothing was written,
  written,      // or everything.
  fail_open,
  fail_reads,
};
std::string_view to_string(act x);
constexpr bool is_fault(act x) {
  return x >= act::crash;
}

struct event {
  core::duration at{};
  act what = act::look;
  uint32_t work = 0;       // Whose run, for commands.
  uint32_t pick = 0;       // Which of several: task, actor, ...
  std::string name;        // Of the actor, of the signal.
  core::duration length{}; // How long it lasts.
};
std::string to_string(const event& x);

/// How this node is set up: each seed has its own.
struct settings {
  uint32_t shards = 2;
  uint32_t readers = 1;
  core::window_options window;
  core::duration cancel_grace{std::chrono::seconds{1}};
  /// Time passes while messages wait: how often, of 1,000 messages.
  uint32_t hurry = 0;
  /// Of 1,000 commits and reads, how many take up to `wait_max`.
  uint32_t slow_disk = 0;
  core::duration wait_max{std::chrono::milliseconds{20}};
  /// Attempts in a hundred that do not go well, and how those go.
  uint32_t trouble = 20;
  std::vector<conduct> conducts;
  /// The system's clock is off by up to that at each start.
  core::duration clock_jump{};
};

struct plan {
  uint64_t seed = 0;
  settings how;
  std::vector<agent_plan> agents;
  std::vector<work_plan> work;
  std::vector<event> events; // By time.
};

/// Which kinds of trouble are wanted at all.
struct fault_set {
  bool crashes = true; // Of the node, and orderly restarts.
  bool kills = true;   // Of single actors.
  bool stalls = true;
  bool disk = true;
  bool agents = true;
  bool commands = true;
  bool operator==(const fault_set&) const = default;
};
/// "crashes,disk"; "all"; "none". False: a word that is none of these.
bool read_faults(const std::string& text, fault_set& to);

/// What this seed stands for. `own`: definitions to use instead of random ones.
plan draw_plan(uint64_t seed, const fault_set& faults = {},
               const std::vector<nlohmann::json>& own = {});

std::string describe(const settings& x);

} // namespace troupe::sim
