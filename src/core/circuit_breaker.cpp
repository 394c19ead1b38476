#include "core/circuit_breaker.hpp"

#include <algorithm>

namespace troupe::core {

std::string_view to_string(breaker_state x) {
  switch (x) {
    case breaker_state::closed:
      return "closed";
    case breaker_state::open:
      return "open";
    case breaker_state::half_open:
      return "half_open";
  }
  return "unknown";
}

bool circuit_breaker::allow(instant now) {
  if (!open_)
    return true;
  if (now < until_ || trying_)
    return false;
  trying_ = true;
  return true;
}

void circuit_breaker::succeeded() {
  failures_ = 0;
  opened_ = 0;
  open_ = false;
  trying_ = false;
  until_ = {};
}

void circuit_breaker::failed(instant now) {
  ++failures_;
  // Calls that went out before it opened say nothing new.
  if (opts_.failures_max == 0 || (open_ && !trying_)
      || (!open_ && failures_ < opts_.failures_max))
    return;
  auto pause = opts_.open_for;
  for (uint32_t i = 0; i < opened_ && pause < opts_.open_max; ++i)
    pause *= 2;
  ++opened_;
  open_ = true;
  trying_ = false;
  until_ = now + std::min(pause, opts_.open_max);
}

void circuit_breaker::undecided() {
  trying_ = false;
}

breaker_state circuit_breaker::state(instant now) const {
  if (!open_)
    return breaker_state::closed;
  return now < until_ ? breaker_state::open : breaker_state::half_open;
}

} // namespace troupe::core
