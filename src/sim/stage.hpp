#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "core/time.hpp"
#include "sim/chance.hpp"

namespace troupe::sim {

/// What an actor is called that the stage has met.
struct met_actor {
  caf::actor_addr who;
  std::string_view name;
};

/// One life of an actor system, on this thread, message by message. Who goes
/// next is drawn; the clock moves only when told to. The same seed gives the
/// same life.
class stage {
public:
  explicit stage(uint64_t seed);
  /// Ends all actors at once; what they send meanwhile is still delivered, so
  /// the world around has to be deaf by then.
  ~stage();

  caf::actor_system& system() { return *system_; }

  /// Since the life began.
  core::duration elapsed() const;

  /// Delivers one message; false if there is none that may be delivered.
  bool step();

  /// When the next timer is due.
  std::optional<core::duration> next_timer() const;

  /// Fires what is due by then. No effect on the past.
  void advance_to(core::duration when);

  /// Whoever goes next gets no turn until then, as a thread that the machine
  /// does not run. False: nobody wants to go.
  bool stall_one(core::duration until);

  /// Asked before an actor of that name goes: how long its thread waits first.
  using delays = std::function<core::duration(std::string_view name)>;
  void delay_some(delays ask) { delays_ = std::move(ask); }

  /// Actors of that name that live, as far as the stage has met them.
  std::vector<caf::actor> find(std::string_view name);

  uint64_t steps() const { return steps_; }
  uint64_t trace() const { return trace_; }

private:
  std::string_view meet(caf::resumable* job);
  void release_stalled();
  void end_all();

  struct config;
  std::unique_ptr<config> config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  chance chance_;
  uint64_t steps_ = 0;
  uint64_t trace_ = 0;
  std::vector<std::string_view> names_; // By actor id; empty: not met.
  delays delays_;
  std::vector<met_actor> met_;
  /// Out of the queue of jobs; they hold a reference to themselves there, too.
  std::multimap<core::duration, caf::resumable*> stalled_;
};

} // namespace troupe::sim
