#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Deliberate bugs, to prove that the tests see them. They are compiled into the
// test preset only and chosen at run time; everywhere else `mutated` is false
// before the program runs, and nothing of them is left.

namespace troupe::core {

enum class mutant : uint8_t {
  none,
  ack_before_commit, // A command is answered at once.
  fence_off,         // The store takes batches of old epochs.
  lost_wake_up,      // Slots that become free wake nobody.
  double_dispatch,   // A host calls its agent twice.
  retries_forgotten, // A restart forgets how often a task was tried.
  timer_lost,        // A restart forgets what is due.
  late_begin,        // What is queued begins in a cancelling run.
  ageing_off,        // A high priority goes first for ever.
  limit_leak,        // The permits of an ended task stay taken.
  dedupe_off,        // A key that is known makes another run.
  restart_in_stop,   // A child that ends while all stop is started again.
  feed_gap,          // Some facts are not told to followers.
  careless_start,    // The agent is called before its start is durable.
  order_off,         // A step begins when the first it waits for has ended.
  completed_again,   // A restart puts what completed back into the queue.
  unpaused_return,   // A task that comes back to a paused run is offered.
};
inline constexpr uint32_t mutants = 17;

#ifdef TROUPE_MUTANTS

/// The one that is at work in this process.
inline mutant chosen_mutant = mutant::none;

inline bool mutated(mutant x) {
  return chosen_mutant == x;
}

std::string_view to_string(mutant x);
std::optional<mutant> mutant_from(std::string_view name);

#else

constexpr bool mutated(mutant) {
  return false;
}

#endif

} // namespace troupe::core
