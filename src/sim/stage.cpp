#include "sim/stage.hpp"

#include <algorithm>

#include <caf/actor_cast.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/send.hpp>

#include "actors/messages.hpp"

namespace troupe::sim {

namespace {

using steady_duration = caf::actor_clock::duration_type;

/// Lives end within this many rounds of kills, or something spawns for ever.
constexpr int rounds_max = 100;

} // namespace

struct stage::config : caf::actor_system_config {
  config() {
    add_supervision_types(*this);
    add_message_types<caf::id_block::troupe>();
    set("scheduler.policy", caf::atom("testing"));
  }
};

stage::stage(uint64_t seed)
  : config_(std::make_unique<config>()),
    system_(std::make_unique<caf::actor_system>(*config_)), chance_(seed) {
  scheduler_ =
    &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  system_->await_actors_before_shutdown(false);
}

stage::~stage() {
  end_all();
}

core::duration stage::elapsed() const {
  return std::chrono::duration_cast<core::duration>(
    scheduler_->clock().current_time.time_since_epoch());
}

std::string_view stage::meet(caf::resumable* job) {
  auto* actor = dynamic_cast<caf::scheduled_actor*>(job);
  if (actor == nullptr)
    return {};
  auto id = static_cast<size_t>(actor->id());
  trace_ = mix(trace_, id);
  if (id >= names_.size())
    names_.resize(id * 2 + 64);
  if (names_[id].empty()) {
    names_[id] = actor->name();
    met_.push_back({actor->address(), actor->name()});
  }
  return names_[id];
}

bool stage::step() {
  auto& jobs = scheduler_->jobs;
  if (jobs.empty())
    return false;
  auto n = static_cast<size_t>(chance_.below(jobs.size()));
  std::swap(jobs.front(), jobs[n]);
  auto name = meet(jobs.front());
  auto delay = delays_ ? delays_(name) : core::duration{0};
  if (delay > core::duration{0}) {
    stalled_.emplace(elapsed() + delay, jobs.front());
    jobs.pop_front();
    return true;
  }
  ++steps_;
  return scheduler_->try_run_once();
}

std::optional<core::duration> stage::next_timer() const {
  std::optional<core::duration> next;
  const auto& timers = scheduler_->clock().schedule();
  if (!timers.empty())
    // Rounded up: at that time it is due.
    next = std::chrono::ceil<core::duration>(
      timers.begin()->first.time_since_epoch());
  if (!stalled_.empty())
    next =
      std::min(next.value_or(stalled_.begin()->first), stalled_.begin()->first);
  return next;
}

void stage::advance_to(core::duration when) {
  auto now = scheduler_->clock().current_time.time_since_epoch();
  auto by = std::chrono::duration_cast<steady_duration>(when) - now;
  if (by > steady_duration{0})
    scheduler_->advance_time(by);
  release_stalled();
}

bool stage::stall_one(core::duration until) {
  auto& jobs = scheduler_->jobs;
  if (jobs.empty())
    return false;
  auto pos =
    jobs.begin() + static_cast<std::ptrdiff_t>(chance_.below(jobs.size()));
  stalled_.emplace(until, *pos);
  jobs.erase(pos);
  return true;
}

void stage::release_stalled() {
  auto now = elapsed();
  while (!stalled_.empty() && stalled_.begin()->first <= now) {
    scheduler_->jobs.push_back(stalled_.begin()->second);
    stalled_.erase(stalled_.begin());
  }
}

std::vector<caf::actor> stage::find(std::string_view name) {
  std::vector<caf::actor> found;
  std::erase_if(met_, [&](const met_actor& x) {
    auto live = caf::actor_cast<caf::actor>(x.who);
    if (!live
        || caf::actor_cast<caf::abstract_actor*>(live)->getf(
          caf::abstract_actor::is_terminated_flag))
      return true;
    if (x.name == name)
      found.push_back(std::move(live));
    return false;
  });
  return found;
}

/// Actors that point at each other would be left, and a timer that re-arms
/// itself would keep the end of the system busy.
void stage::end_all() {
  auto& jobs = scheduler_->jobs;
  for (const auto& [until, job] : stalled_)
    jobs.push_back(job);
  stalled_.clear();
  for (int round = 0; round < rounds_max; ++round) {
    scheduler_->clock().cancel_all();
    for (const auto& x : met_)
      if (auto left = caf::actor_cast<caf::actor>(x.who))
        caf::anon_send_exit(left, caf::exit_reason::kill);
    met_.clear();
    names_.clear(); // Who is met now is killed in the next round.
    if (jobs.empty())
      break;
    while (!jobs.empty()) {
      meet(jobs.front());
      scheduler_->try_run_once();
      scheduler_->clock().cancel_all();
    }
  }
}

} // namespace troupe::sim
