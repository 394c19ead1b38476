#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/coordinator.hpp"
#include "bench.hpp"

// The coordinator actor with its real messages, without the store.

namespace troupe::bench {

using nlohmann::json;

namespace {

struct bench_config : caf::actor_system_config {
  bench_config() {
    add_supervision_types(*this);
    add_message_types<caf::id_block::troupe>();
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", size_t{2});
    set("scheduler.max-throughput", size_t{50});
  }
};

std::string capability(uint64_t i) {
  return "skill" + std::to_string(i);
}

/// Plays the shard and all hosts: what is assigned ends at once, so that its
/// slot is free again.
caf::behavior all_hosts(caf::event_based_actor* self, caf::actor to,
                        std::shared_ptr<std::atomic<uint64_t>> done) {
  return {
    [=](assigned_list& list) {
      std::map<std::string, freed> back;
      for (auto& x : list.items) {
        auto& f = back[x.agent];
        f.agent = x.agent;
        f.generation = 1;
        f.items.push_back(x.key);
      }
      *done += list.items.size();
      for (auto& [name, f] : back)
        self->send(to, std::move(f));
    },
    [=](anew_atom) {},
    [=](ack_atom) {},
  };
}

struct setting {
  uint64_t agents;
  uint64_t capabilities;
  uint64_t queued;
};

void send_agents(const caf::actor& untyped, const setting& s) {
  for (uint64_t i = 0; i < s.agents; ++i) {
    hello x;
    x.who.name = "agent" + std::to_string(i);
    x.who.capabilities = {capability(i % s.capabilities)};
    x.who.max_load = 3;
    x.generation = 1;
    caf::anon_send(untyped, x);
  }
}

void send_queue(const caf::actor& untyped, const setting& s,
                core::instant now) {
  std::vector<std::shared_ptr<const core::step>> steps;
  for (uint64_t i = 0; i < s.capabilities; ++i) {
    auto need = std::make_shared<core::needs>();
    need->capabilities = {capability(i)};
    need->type = "other";
    auto step = std::make_shared<core::step>();
    step->need = need;
    steps.push_back(step);
  }
  auto workspace = core::text{"default"};
  constexpr uint64_t per_list = 500;
  for (uint64_t i = 0; i < s.queued; i += per_list) {
    ready_list list;
    for (uint64_t k = i; k < std::min(i + per_list, s.queued); ++k) {
      auto x = std::make_shared<work>();
      x->key = {core::id::make(now, static_cast<uint32_t>(k >> 20 & 0xfff),
                               static_cast<uint32_t>(k)),
                1, 1};
      x->run = x->key.task;
      x->step = steps[k % steps.size()];
      x->workspace = workspace;
      x->queued_at = now + core::duration{static_cast<int64_t>(k)};
      list.items.push_back(std::move(x));
    }
    caf::anon_send(untyped, std::move(list));
  }
}

double decisions_per_second(const setting& s) {
  bench_config cfg;
  caf::actor_system sys{cfg};
  sys.await_actors_before_shutdown(false);
  auto names = std::make_shared<roster>();
  auto home = std::make_shared<house>();
  home->opts.shards = 1;
  home->now = [] {
    return std::chrono::time_point_cast<core::duration>(
      std::chrono::system_clock::now());
  };
  home->warn = [](const std::string&) {};
  home->agents = names;
  home->coordinator = {names, "coordinator"};
  home->shards.emplace_back(names, "shard");
  auto chooser = sys.spawn(coordinator, house_ptr{home});
  auto untyped = caf::actor_cast<caf::actor>(chooser);
  auto done = std::make_shared<std::atomic<uint64_t>>(0);
  auto hosts = sys.spawn(all_hosts, untyped, done);
  names->publish("shard", names->begin("shard"), hosts);

  send_agents(untyped, s);
  send_queue(untyped, s, home->now());
  // Everything is queued; the shard's report starts the decisions.
  auto begin = steady::now();
  caf::anon_send(untyped, running_list{0, true, {}});
  // The middle of the work: with the mailbox of offers behind and a backlog
  // before it.
  auto from = s.queued / 10, to = s.queued * 6 / 10;
  while (*done < from)
    std::this_thread::yield();
  begin = steady::now();
  auto first = done->load();
  while (*done < to)
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  auto rate = static_cast<double>(*done - first) / seconds_since(begin);
  caf::anon_send_exit(chooser, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(hosts, caf::exit_reason::user_shutdown);
  return rate;
}

} // namespace

figures allocate(settings& s) {
  setting all{s.number("agents", 10'000), s.number("capabilities", 100),
              s.number("queued", 1'000'000)};
  auto rate = decisions_per_second(all);
  // The cost ratio compares the two numbers of agents, all else being equal.
  auto few = all, many = all;
  few.agents = 100;
  many.agents = 10'000;
  auto at_100 = decisions_per_second(few);
  auto at_10000 = decisions_per_second(many);
  figures f;
  f.values["decisions_per_s"] = rounded(rate, 0);
  f.values["decisions_per_s_100_agents"] = rounded(at_100, 0);
  f.values["cost_ratio_100_to_10000"] = rounded(at_100 / at_10000, 3);
  return f;
}

} // namespace troupe::bench
