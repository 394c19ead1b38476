#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Whether a child that ended is started again. It ended normally when it quit
/// without an error, or with CAF's `normal` or `user_shutdown`.
enum class restart_when : uint8_t {
  permanent, // Always.
  transient, // Unless it ended normally.
  temporary, // Never.
};

/// Which siblings go down and up again with a child that failed.
enum class restart_strategy : uint8_t {
  one_for_one,  // None.
  one_for_all,  // All of them.
  rest_for_one, // Those that were started after it.
  dynamic,      // None; children of one kind, added and removed while it runs.
};

/// At most `max` restarts in any `window`; one more failure is given up.
/// A start that fails counts like a failure. 0 allows no restart at all.
struct restart_intensity {
  uint32_t max = 3;
  std::chrono::microseconds window = std::chrono::seconds{5};

  bool operator==(const restart_intensity&) const = default;
};

/// How long a child waits for its restart. The first restart is immediate; from
/// the second on `min`, `min * factor`, ... up to `max`, each spread by +/-
/// `jitter`. A life of `reset_after` starts the count again.
struct restart_backoff {
  std::chrono::microseconds min = std::chrono::milliseconds{100};
  std::chrono::microseconds max = std::chrono::seconds{30};
  double factor = 2;
  double jitter = 0.2;
  std::chrono::microseconds reset_after = std::chrono::seconds{60};

  bool operator==(const restart_backoff&) const = default;
};

/// What happens when a child is past its intensity.
enum class on_give_up : uint8_t {
  escalate, // The supervisor stops its children and ends: its parent decides.
  disable,  // Only this child stays down until somebody restarts it.
};

/// Whether a supervisor ends when its `significant` children have ended.
enum class auto_shutdown : uint8_t { never, any_significant, all_significant };

} // namespace troupe
