#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "troupe/supervisor.hpp"

namespace troupe::test {

/// Registers the supervisor's messages; derive from it to register more.
struct stage_config : caf::actor_system_config {
  stage_config() {
    add_supervision_types(*this);
    set("scheduler.policy", caf::atom("testing"));
  }
};

/// A single-threaded actor system with a clock that moves only when told to.
/// The same seed gives the same run, message by message. It never sleeps, and
/// a failed REQUIRE cannot hang it.
///
/// Actors on it may not block, have threads, or look at another clock. What
/// they refer to must outlive it: its end still delivers messages.
template <class Config = stage_config>
struct basic_stage {
  /// A test that needs more messages than that does not come to an end.
  static constexpr size_t steps_max = 20'000'000;

  Config cfg;
  caf::actor_system sys{cfg};
  caf::scheduler::test_coordinator& scheduler{
    dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler())};
  caf::scoped_actor self{sys};
  size_t steps = 0; // Messages delivered so far.

  basic_stage() {
    // A failed REQUIRE leaves actors behind; do not wait for them forever.
    sys.await_actors_before_shutdown(false);
  }

  ~basic_stage() {
    held_.clear();
    // Actors that point at each other would be left, and leak; a timer that
    // re-arms itself would keep the end of the system busy.
    for (int round = 0; round < 100; ++round) {
      scheduler.clock().cancel_all();
      for (auto& addr : met_)
        if (auto left = caf::actor_cast<caf::actor>(addr))
          caf::anon_send_exit(left, caf::exit_reason::kill);
      met_.clear(); // Who starts another one now is met in the next round.
      if (scheduler.jobs.empty())
        break;
      run(steps_max);
    }
    scheduler.clock().cancel_all();
  }

  /// From now on the next actor is drawn, instead of taken in turn.
  void chaos(uint64_t seed) { rng_.emplace(seed); }

  /// A number below `n`, from the same source as the schedule.
  size_t draw(size_t n) {
    return std::uniform_int_distribution<size_t>{0, n - 1}(rng());
  }

  /// This actor gets no turn until `release`, as if its handler ran for long.
  void hold(const caf::actor& who) { held_.insert(resumable_of(who)); }
  void release(const caf::actor& who) { held_.erase(resumable_of(who)); }

  /// Delivers one message; false if there is none.
  bool step() {
    auto& jobs = scheduler.jobs;
    auto free = [&](auto* job) { return held_.count(job) == 0; };
    auto n =
      held_.empty()
        ? jobs.size()
        : static_cast<size_t>(std::count_if(jobs.begin(), jobs.end(), free));
    if (n == 0)
      return false;
    auto nth = rng_ ? draw(n) : 0;
    auto pos = std::find_if(jobs.begin(), jobs.end(),
                            [&](auto* job) { return free(job) && nth-- == 0; });
    // Out of its place, without changing the order of the others.
    std::rotate(jobs.begin(), pos, pos + 1);
    if (auto* actor = dynamic_cast<caf::scheduled_actor*>(jobs.front()))
      met_.insert(actor->address());
    ++steps;
    return scheduler.try_run_once();
  }

  /// Delivers `n` messages at most.
  void run(size_t n) {
    while (n-- > 0 && step()) {
    }
  }

  /// Delivers messages until every mailbox is empty. Timers do not fire.
  void settle() {
    for (size_t i = 0; step(); ++i)
      if (i == steps_max)
        throw std::runtime_error{"the stage does not come to rest"};
  }

  /// Moves the clock in ticks: what is due at different times must not see the
  /// same `now`. Settles after each.
  void advance(std::chrono::microseconds d,
               std::chrono::microseconds tick = std::chrono::milliseconds{1}) {
    settle();
    while (d.count() > 0) {
      auto quiet = !scheduler.clock().has_pending_timeout();
      auto by = quiet ? d : std::min(d, tick);
      scheduler.advance_time(by);
      settle();
      d -= by;
    }
  }

  /// Sends a request, settles, and returns the answer or the error. An answer
  /// that is not there by then is `sec::request_timeout`: it never blocks.
  template <class R, class Handle, class... Ts>
  caf::expected<R> ask(const Handle& to, Ts&&... xs) {
    caf::expected<R> result{caf::sec::request_timeout};
    auto req = self->request(to, caf::infinite, std::forward<Ts>(xs)...);
    settle();
    receive_now(req, result);
    return result;
  }

  bool alive(const caf::actor& who) {
    return !caf::actor_cast<caf::abstract_actor*>(who)->getf(
      caf::abstract_actor::is_terminated_flag);
  }

private:
  static caf::resumable* resumable_of(const caf::actor& who) {
    return dynamic_cast<caf::resumable*>(
      caf::actor_cast<caf::abstract_actor*>(who));
  }

  template <class Request, class R>
  void receive_now(Request& req, caf::expected<R>& result) {
    if (!self->has_next_message())
      return;
    req.receive([&](R& x) { result = std::move(x); },
                [&](caf::error& e) { result = std::move(e); });
  }

  std::mt19937_64& rng() {
    if (!rng_)
      rng_.emplace(1);
    return *rng_;
  }

  std::optional<std::mt19937_64> rng_;
  std::set<caf::resumable*> held_;
  std::set<caf::actor_addr> met_; // Who ever had a turn; not kept alive.
};

using stage = basic_stage<>;

} // namespace troupe::test
