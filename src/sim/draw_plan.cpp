#include <algorithm>

#include "sim/draw_work.hpp"
#include "sim/plan.hpp"

namespace troupe::sim {

namespace {

using std::chrono::milliseconds;

/// Submissions, commands and faults come within this time.
constexpr uint64_t span_ms = 40'000;
constexpr uint32_t tasks_min = 240;

milliseconds some_time(chance& draw) {
  return milliseconds{draw.between(1, span_ms)};
}

/// Swarm: what one seed has in plenty another one has not at all.
settings draw_settings(chance& draw, const fault_set& faults) {
  settings x;
  x.shards = static_cast<uint32_t>(1u << draw.below(4));
  x.readers = static_cast<uint32_t>(draw.between(1, 3));
  if (draw.in_hundred(50)) {
    x.window.ready_max = static_cast<uint32_t>(draw.between(1, 40));
    x.window.lane_max =
      static_cast<uint32_t>(draw.between(1, x.window.ready_max));
    x.window.lane_floor =
      static_cast<uint32_t>(draw.between(1, x.window.lane_max));
  }
  x.cancel_grace = milliseconds{draw.one_of({10, 100, 1'000, 5'000})};
  if (faults.stalls)
    x.hurry = static_cast<uint32_t>(draw.one_of({0, 0, 1, 10, 100}));
  if (faults.disk)
    x.slow_disk = static_cast<uint32_t>(draw.one_of({0, 0, 10, 200}));
  x.wait_max = milliseconds{draw.one_of({1, 20, 300})};
  if (draw.in_hundred(30))
    x.clock_jump = std::chrono::hours{1};
  x.trouble = 0;
  if (!faults.agents)
    return x;
  x.trouble = static_cast<uint32_t>(draw.one_of({5, 15, 30, 60}));
  for (uint32_t i = 1; i < conducts; ++i)
    if (draw.in_hundred(50))
      x.conducts.push_back(static_cast<conduct>(i));
  if (x.conducts.empty())
    x.conducts.push_back(conduct::slow);
  return x;
}

std::vector<agent_plan> draw_agents(chance& draw) {
  std::vector<agent_plan> all;
  auto n = draw.between(2, 5);
  for (uint64_t i = 0; i < n; ++i) {
    agent_plan x;
    x.who.name = "agent" + std::to_string(i);
    for (const auto* word : capability_words)
      if (i == 0 || draw.in_hundred(60)) // Somebody can do each.
        x.who.capabilities.emplace_back(word);
    x.who.max_load = static_cast<uint32_t>(draw.between(1, 5));
    x.who.pure = draw.in_hundred(30);
    x.outside = draw.in_hundred(25);
    x.blocking = !x.outside && draw.in_hundred(25);
    all.push_back(std::move(x));
  }
  return all;
}

constexpr const char* actor_names[] = {
  "journal", "shard",     "shard",    "run",       "run",         "task",
  "task",    "host",      "agent",    "reader",    "coordinator", "desk",
  "feed",    "directory", "progress", "supervisor"};

event draw_fault(chance& draw, act what) {
  event x;
  x.at = some_time(draw);
  x.what = what;
  x.pick = static_cast<uint32_t>(draw.next());
  if (what == act::kill)
    x.name = draw.one_of(actor_names);
  if (what == act::stall || what == act::freeze || what == act::full
      || what == act::low)
    // Below what a shard waits for the word of a host (2 s): who is later holds
    // nothing, and may work on what somebody else has by then.
    x.length = milliseconds{draw.between(1, draw.one_of({20, 500, 1'500}))};
  return x;
}

/// At least 20, of which one ends the node.
std::vector<event> draw_faults(chance& draw, const fault_set& faults) {
  std::vector<act> kinds;
  auto add = [&](bool wanted, std::initializer_list<act> list) {
    for (auto x : list)
      if (wanted && draw.in_hundred(70))
        kinds.push_back(x);
  };
  add(faults.kills, {act::kill, act::kill, act::kill, act::kill});
  add(faults.stalls, {act::stall, act::stall, act::freeze});
  add(faults.disk, {act::full, act::low, act::unknown, act::written,
                    act::fail_open, act::fail_reads});
  std::vector<event> all;
  if (!kinds.empty())
    for (auto n = draw.between(20, 36); n > 0; --n)
      all.push_back(draw_fault(draw, draw.one_of(kinds)));
  if (faults.crashes)
    for (auto n = draw.between(1, 4); n > 0; --n)
      all.push_back(
        draw_fault(draw, draw.one_of({act::crash, act::crash, act::crash_before,
                                      act::crash_after, act::stop})));
  return all;
}

std::vector<event> draw_commands(chance& draw, size_t works) {
  std::vector<act> kinds;
  for (auto x :
       {act::again, act::cancel, act::cancel_task, act::pause, act::resume,
        act::retry, act::signal, act::approve, act::reject, act::look})
    if (draw.in_hundred(70))
      kinds.push_back(x);
  std::vector<event> all;
  for (auto n = kinds.empty() ? 0 : draw.between(0, 40); n > 0; --n) {
    event x;
    x.at = some_time(draw);
    x.what = draw.one_of(kinds);
    x.work = static_cast<uint32_t>(draw.below(works));
    x.pick = static_cast<uint32_t>(draw.next());
    if (x.what == act::signal)
      x.name = "sig" + std::to_string(draw.below(3));
    all.push_back(std::move(x));
    // Who pauses goes on some time; the end of the story sees to the rest.
    if (x.what == act::pause && draw.in_hundred(70)) {
      auto on = all.back();
      on.at += some_time(draw) / 4;
      on.what = act::resume;
      all.push_back(std::move(on));
    }
  }
  return all;
}

} // namespace

plan draw_plan(uint64_t seed, const fault_set& faults,
               const std::vector<nlohmann::json>& own) {
  chance draw{seed};
  plan x;
  x.seed = seed;
  x.how = draw_settings(draw, faults);
  x.agents = draw_agents(draw);
  if (own.empty()) {
    x.work = draw_work(draw, tasks_min);
  } else {
    for (const auto& definition : own) {
      x.work.emplace_back().definition = definition;
      x.work.back().key = "own" + std::to_string(x.work.size());
    }
  }
  for (auto& work : x.work)
    if (!work.registered)
      work.at = some_time(draw);
  x.events = draw_faults(draw, faults);
  if (faults.commands) {
    auto commands = draw_commands(draw, x.work.size());
    x.events.insert(x.events.end(), commands.begin(), commands.end());
  }
  std::stable_sort(x.events.begin(), x.events.end(),
                   [](const event& a, const event& b) { return a.at < b.at; });
  return x;
}

} // namespace troupe::sim
