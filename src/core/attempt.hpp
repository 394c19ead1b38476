#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/run.hpp"

namespace troupe::core {

/// One live execution of a task, as its actor sees it: which agent has it, who
/// wants it stopped and why, and what its end means. Pure.
class attempt {
public:
  enum class stop_reason : uint8_t { none, cancelled, timed_out };
  enum class action : uint8_t {
    none,
    ask,   // Tell the host to cancel, cooperatively; `force` after the grace.
    force, // Tell the host to end it now, whole process group and all.
  };

  /// An agent has it.
  action started(std::string agent) {
    agent_ = std::move(agent);
    // The wish to stop may have overtaken the start.
    return reason_ == stop_reason::none ? action::none : action::ask;
  }

  action stop(stop_reason why) {
    if (reason_ != stop_reason::none)
      return action::none;
    reason_ = why;
    return agent_.empty() ? action::none : action::ask;
  }

  action grace_over() const {
    return reason_ == stop_reason::none || agent_.empty() ? action::none
                                                          : action::force;
  }

  /// What the host's word means, given what we asked for. An answer that was
  /// faster than the wish to stop still counts, but not after the time is up.
  end_kind meaning(end_kind how) const {
    if (reason_ == stop_reason::timed_out
        && (how == end_kind::cancelled || how == end_kind::crashed
            || how == end_kind::answered))
      return end_kind::timed_out;
    if (reason_ == stop_reason::cancelled && how == end_kind::crashed)
      return end_kind::cancelled; // It was killed: that is what we wanted.
    return how;
  }

  const std::string& agent() const { return agent_; }
  stop_reason why_stopped() const { return reason_; }

private:
  std::string agent_;
  stop_reason reason_ = stop_reason::none;
};

} // namespace troupe::core
