#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/rows.hpp"
#include "core/run.hpp"
#include "core/workflow.hpp"
#include "troupe/errc.hpp"

// What a door asks of a shard, and what it is answered.

namespace troupe {

enum class verb : uint8_t {
  submit,
  cancel,
  pause,
  resume,
  retry,
  signal,
  approve,
  reject,
  define,  // Keep this workflow under its name and version.
  release, // A task that is held.
  hold,    // A task that waits for its next try.
  keep,    // This strategy.
  note,    // What the node keeps for itself: `body` under `name`.
};

/// A command as it travels door -> shard. Idempotent: a submission by the run's
/// id, which the door makes; the others by their own id and by the state that
/// they find.
struct command {
  uint64_t number = 0; // The desk's own; comes back with the answer.
  core::id own;        // Of what was asked, however often that is sent.
  verb what = verb::submit;
  core::id target; // Run or task. For `submit` the new run's id.
  std::string workspace;
  core::origin by;
  core::workflow_ptr definition; // For `submit`.
  /// Sub-workflows that the definition names, checked and pinned by the door.
  std::vector<core::workflow_ptr> parts;
  bool ad_hoc = false; // `definition` is a list of tasks, not a workflow.
  core::text body;     // Input, signal payload, ...
  std::shared_ptr<const core::strategy_row> strategy; // For `keep`.
  std::string name; // Signal's name; who answers; ...
  std::string reason;
  std::string idempotency_key;
  uint8_t priority = 0; // 0: the definition's.
  bool wait = false;    // Answer when the run has ended, not when accepted.
  core::text labels;    // JSON object; empty: the definition's.
  bool resent = false;  // The shard began anew meanwhile: look before you act.
};

struct answer {
  uint64_t number = 0; // Of the command.
  failure error;
  core::id run;
  core::text body; // JSON.
  core::run_state state = core::run_state::queued;
  bool repeated = false; // The key or id was known: nothing new happened.
};

} // namespace troupe
