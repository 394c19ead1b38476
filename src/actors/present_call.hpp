#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "actors/parcels.hpp"

namespace troupe {

/// A reactive agent that holds a worker longer breaks its promise.
constexpr std::chrono::milliseconds hold_max{100};

/// The call that a reactive agent is in; the instance writes it, the watchdog
/// of its host reads it while the instance may hang.
class present_call {
public:
  void begin(work_ptr what, core::instant now);
  /// How long it took, if that was too long and nobody has said so.
  std::optional<core::duration> end(core::instant now);

  struct held {
    work_ptr what;
    core::duration time{};
  };
  /// One that goes on for too long; each call once.
  std::optional<held> too_long(core::instant now);

private:
  std::mutex mutex_;
  work_ptr what_; // Null: it is in none.
  core::instant since_;
  bool told_ = false;
};

} // namespace troupe
