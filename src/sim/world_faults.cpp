#include "sim/world.hpp"

#include <caf/send.hpp>

namespace troupe::sim {

void world::strike(const event& x) {
  ++out_.faults;
  switch (x.what) {
    case act::crash:
      if (life_)
        end_life();
      return;
    case act::crash_before:
      ++disk_.troubles.crash_before;
      return;
    case act::crash_after:
      ++disk_.troubles.crash_after;
      return;
    case act::stop:
      if (life_)
        stop_in_order();
      return;
    case act::kill:
      return kill_one(x);
    case act::stall:
      if (life_)
        life_->on->stall_one(now_ - life_->begun + x.length);
      return;
    case act::freeze:
      return pass_time(now_ + x.length);
    case act::full:
      full_until_ = now_ + x.length;
      return;
    case act::low:
      low_until_ = now_ + x.length;
      return;
    case act::unknown:
      ++disk_.troubles.unknown;
      return;
    case act::written:
      ++disk_.troubles.unknown_written;
      return;
    case act::fail_open:
      ++disk_.faults->opens;
      return;
    case act::fail_reads:
      ++disk_.faults->reads;
      return;
    default:
      return; // No fault.
  }
}

void world::kill_one(const event& x) {
  if (!life_)
    return;
  auto all = life_->on->find(x.name);
  std::erase(all, life_->root.handle); // That would be the process.
  if (all.empty())
    return;
  auto& victim = all[x.pick % all.size()];
  tell("killed " + x.name + " " + std::to_string(victim.id()));
  caf::anon_send_exit(victim, caf::exit_reason::kill);
}

/// From here on the world is a good one.
void world::end_faults() {
  disk_.troubles = {};
  disk_.faults->opens = 0;
  disk_.faults->reads = 0;
  full_until_ = low_until_ = now_;
  crew_.calm();
}

} // namespace troupe::sim
