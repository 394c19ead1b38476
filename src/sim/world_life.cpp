#include "sim/world.hpp"

#include <caf/send.hpp>

// How a process begins and ends. Only the disk outlives it.

namespace troupe::sim {

using std::chrono::milliseconds;

namespace {

/// Whoever starts the process again waits that long.
constexpr milliseconds start_pause{50};
/// An orderly stop that takes longer hangs.
constexpr std::chrono::seconds stops_within{60};
/// 2026, so that the ids are those of a time of day.
constexpr core::instant first_day{std::chrono::hours{24 * 365 * 56}};

} // namespace

std::shared_ptr<open_store>
world::open_disk(const std::shared_ptr<core::store>& on) {
  auto opened = std::make_shared<open_store>();
  opened->writer = on->writer();
  auto facts = opened->writer->open(plan_.how.shards, first_day + now_);
  if (!facts) {
    tell("the store cannot be opened: " + facts.error().message);
    return nullptr;
  }
  opened->facts = std::move(*facts);
  if (opened->facts.clean != clean_)
    wrong("I14: the store says that the last end was "
          + std::string{opened->facts.clean ? "orderly" : "none in order"});
  return opened;
}

void world::begin_life() {
  auto on = disk_.mount();
  auto opened = open_disk(on);
  next_start_ = now_ + start_pause;
  if (!opened)
    return disk_.unmount();
  tell("a life begins, epoch " + std::to_string(opened->facts.epoch));
  life_.emplace();
  life_->on = std::make_unique<stage>(chance_.next());
  life_->begun = now_;
  auto jump = plan_.how.clock_jump;
  auto off = jump > core::duration{0}
               ? core::duration{static_cast<int64_t>(
                   chance_.below(static_cast<uint64_t>(2 * jump.count())))}
                   - jump
               : core::duration{0};
  life_->clock_at_start =
    std::max(first_day + now_ + off, opened->facts.newest);
  life_->clock = std::make_shared<core::instant>(life_->clock_at_start);
  spawn_house(on, std::move(opened));
  clean_ = false;
}

void world::spawn_house(const std::shared_ptr<core::store>& on,
                        std::shared_ptr<open_store> opened) {
  auto& x = *life_;
  runtime::plan_options all;
  all.house.shards = plan_.how.shards;
  all.house.window = plan_.how.window;
  all.house.cancel_grace = plan_.how.cancel_grace;
  all.house.limits.resources = {{"gpu", 2}};
  all.store = on;
  all.agents = crew_.specs();
  all.readers = plan_.how.readers;
  all.threads = false;
  all.warn = [this](const std::string& text) { tell("warning: " + text); };
  all.now = [clock = x.clock] { return *clock; };
  all.on_event = [this](const supervision_event& e) {
    if (e.kind == supervision_event::what::restarting
        || e.kind >= supervision_event::what::gave_up)
      tell(e.supervisor + '/' + e.child + " is down: " + e.reason);
  };
  all.seed = chance_.next();
  x.house = runtime::make_plan(std::move(all), std::move(opened));
  auto root = spawn_supervisor(x.on->system(), x.house.root);
  if (!root)
    return wrong("sim: the house cannot be spawned");
  x.root = std::move(*root);
  x.door = std::make_shared<runtime::node_api>(x.on->system(), x.house.home,
                                               x.root.handle, x.house.monitors);
  x.ear = std::make_unique<follower>(
    *x.house.home, book_, [this](const std::string& text) { wrong(text); });
  auto delay = [this](std::string_view name) {
    auto waits = plan_.how.slow_disk > 0
                 && (name == "journal" || name == "reader")
                 && chance_.below(1'000) < plan_.how.slow_disk;
    return waits && !calm_ ? core::duration{static_cast<int64_t>(
             chance_.below(static_cast<uint64_t>(plan_.how.wait_max.count())))}
                           : core::duration{0};
  };
  x.on->delay_some(delay);
  crew_.begin_life();
  client_.connect(x.door);
}

bool world::root_is_down() const {
  return caf::actor_cast<caf::abstract_actor*>(life_->root.handle)
    ->getf(caf::abstract_actor::is_terminated_flag);
}

/// As `kill -9`: nothing that still happens can be seen from outside.
void world::end_life() {
  if (!life_)
    return;
  disk_.unmount();
  client_.disconnect();
  life_->ear->end();
  ++out_.restarts;
  tell("a life ends");
  out_.steps += life_->on->steps();
  out_.trace = mix(out_.trace, life_->on->trace());
  crew_.end_life();
  life_->door->close();
  life_->door.reset();
  life_->root = {};
  life_->house = {};
  life_->on.reset();
  life_.reset();
  next_start_ = now_ + start_pause;
}

/// As SIGTERM: see `node::stop`.
void world::stop_in_order() {
  life_->door->close();
  caf::anon_send(life_->root.handle, supervisor_stop_atom_v);
  auto until = now_ + stops_within;
  while (!root_is_down() && now_ < until && !over_ && !disk_.crashed()) {
    if (life_->on->step())
      continue;
    auto next = std::min(until, crew_.next());
    if (auto timer = life_->on->next_timer())
      next = std::min(next, life_->begun + *timer);
    agents_go_on(next);
  }
  if (!root_is_down()) {
    if (!over_ && !disk_.crashed())
      wrong("I14: the node does not stop");
  } else if (auto& writer = life_->house.store->writer; writer) {
    clean_ = !writer->close();
  }
  tell(clean_ ? "stopped in order" : "stopped, but not in order");
  end_life();
}

} // namespace troupe::sim
