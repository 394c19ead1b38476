#include "runtime/house_plan.hpp"

#include <atomic>
#include <mutex>
#include <random>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/coordinator.hpp"
#include "actors/crew.hpp"
#include "actors/desk.hpp"
#include "actors/directory.hpp"
#include "actors/feed.hpp"
#include "actors/reader.hpp"
#include "actors/shard.hpp"
#include "actors/spawn_in_place.hpp"

namespace troupe::runtime {

namespace {

/// A node is worth many restarts: what fails again and again is mended by
/// nobody else. Beyond it the process ends and is started anew.
constexpr restart_intensity node_limit{100, std::chrono::seconds{10}};

template <class Handle>
caf::actor untyped(const Handle& x) {
  return caf::actor_cast<caf::actor>(x);
}

child_spec child(std::string id, std::string kind, start_function start) {
  child_spec spec;
  spec.id = std::move(id);
  spec.kind = std::move(kind);
  spec.start = std::move(start);
  return spec;
}

/// The usual pause is for what others can do without for half a minute.
restart_backoff soon(const plan_options& opts) {
  restart_backoff out;
  out.min = std::chrono::milliseconds{10};
  out.max = opts.restart_pause_max;
  out.reset_after = std::chrono::seconds{5};
  return out;
}

/// For all children.
supervisor_spec back_soon(supervisor_spec spec, const plan_options& opts) {
  for (auto& x : spec.children)
    x.backoff = soon(opts);
  return spec;
}

supervisor_spec branch(std::string name, restart_strategy strategy,
                       roster_ptr names, const plan_options& opts) {
  supervisor_spec spec;
  spec.name = std::move(name);
  spec.strategy = strategy;
  spec.limit = node_limit;
  spec.names = std::move(names);
  spec.on_event = opts.on_event;
  spec.utc = opts.now;
  spec.seed = opts.seed;
  return spec;
}

/// Opens the store again where the last life of the journal gave it up.
/// Everything acknowledged is in it; of the rest it is found out here, because
/// each shard goes on where the store says that its history ends.
failure reopen(open_store& store, core::store& from, const house& home) {
  if (store.writer)
    return {};
  auto writer = from.writer();
  auto facts = writer->open(home.opts.shards, home.now());
  if (!facts)
    return facts.error();
  store.writer = std::move(writer);
  store.facts = std::move(*facts);
  store.reopened = true;
  return {};
}

child_spec journal_child(const house_ptr& home, const open_store_ptr& store,
                         const plan_options& opts) {
  auto spec =
    child("journal", "journal",
          [home, store, from = opts.store, threads = opts.threads,
           told = std::string{}](
            child_context& ctx) mutable -> caf::expected<caf::actor> {
            if (auto why = reopen(*store, *from, *home)) {
              // Tried again and again: once is enough for the same reason.
              if (std::exchange(told, why.message) != why.message)
                home->warn("the store cannot be opened and is tried again: "
                           + why.message);
              return make_error(why.code, why.message);
            }
            told.clear();
            if (threads)
              return spawn_in_place<caf::detached>(ctx, journal, home, store);
            return spawn_in_place(ctx, journal, home, store);
          });
  return spec;
}

child_spec shards_child(const house_ptr& home, const roster_ptr& names,
                        const plan_options& opts) {
  auto spec = branch("shards", restart_strategy::one_for_one, names, opts);
  for (uint32_t i = 0; i < home->opts.shards; ++i) {
    spec.children.push_back(
      child(std::to_string(i), "shard", [home, i](child_context& ctx) {
        return spawn_in_place(ctx, shard, home, i, ctx.generation);
      }));
    spec.children.back().answers_tree = true;
  }
  return supervisor_child(back_soon(std::move(spec), opts));
}

child_spec readers_child(const roster_ptr& names, const plan_options& opts) {
  auto spec = branch("readers", restart_strategy::one_for_one, names, opts);
  for (uint32_t i = 0; i < opts.readers; ++i)
    spec.children.push_back(child(
      std::to_string(i), "reader",
      [from = opts.store, threads = opts.threads](child_context& ctx) {
        return threads ? untyped(ctx.system.spawn<caf::detached>(reader, from))
                       : untyped(ctx.system.spawn(reader, from));
      }));
  return supervisor_child(back_soon(std::move(spec), opts));
}

/// Whoever is of the crew when it starts, and who comes later.
child_spec agents_child(const house_ptr& home, const crew_book_ptr& book,
                        const plan_options& opts) {
  auto spec = branch("agents", restart_strategy::dynamic, home->agents, opts);
  auto out = supervisor_child(spec);
  out.start = [spec, home, book, backoff = soon(opts)](child_context& ctx) {
    auto now = spec;
    for (const auto& name : home->members->names())
      now.children.push_back(host_child(home, book, name, backoff));
    return supervisor_child(std::move(now)).start(ctx);
  };
  return out;
}

child_spec crew_child(const house_ptr& home, const crew_book_ptr& book,
                      const roster_ptr& names, const plan_options& opts) {
  return child("crew", "crew",
               [home, book, branch = child_ref<>{names, "agents"},
                backoff = soon(opts)](child_context& ctx) {
                 return spawn_in_place(ctx, crew, home, book, branch, backoff);
               });
}

/// Calls the sweep of the task queues when it wants to be called.
caf::behavior
queue_sweeper(caf::event_based_actor* self,
              const std::function<std::optional<core::duration>()>& sweep) {
  constexpr std::chrono::seconds first_after{1};
  self->delayed_send(self, first_after, caf::tick_atom_v);
  return {[self, sweep](caf::tick_atom) {
    if (auto next = sweep())
      self->delayed_send(self, *next, caf::tick_atom_v);
  }};
}

child_spec monitors_child(const house_ptr& home, const roster_ptr& names,
                          const plan_options& opts) {
  auto spec = branch("monitors", restart_strategy::one_for_one, names, opts);
  spec.children.push_back(
    child("progress", "monitor", [home](child_context& ctx) {
      return untyped(ctx.system.spawn(progress_monitor, home));
    }));
  if (opts.sample)
    spec.children.push_back(child(
      "resources", "monitor", [home, sample = opts.sample](child_context& ctx) {
        return untyped(ctx.system.spawn(resource_monitor, home, sample));
      }));
  if (opts.sweep)
    spec.children.push_back(
      child("task_queue", "monitor", [sweep = opts.sweep](child_context& ctx) {
        return ctx.system.spawn(queue_sweeper, sweep);
      }));
  // Nothing stands on a figure: the node goes on without.
  for (auto& x : spec.children)
    x.give_up = on_give_up::disable;
  return supervisor_child(back_soon(std::move(spec), opts));
}

/// A generator that threads share; jitter needs no more.
std::function<double()> shared_random(uint64_t seed) {
  struct source {
    std::mutex mutex;
    std::mt19937_64 engine;
  };
  auto from = std::make_shared<source>();
  from->engine.seed(seed);
  return [from] {
    std::lock_guard guard{from->mutex};
    return std::uniform_real_distribution<double>{0, 1}(from->engine);
  };
}

/// Says what is warned of, and keeps it for `status`.
std::function<void(const std::string&)>
kept_in(const std::shared_ptr<warning_log>& log, const plan_options& opts) {
  return [log, now = opts.now, say = opts.warn](const std::string& text) {
    log->add(text, now());
    if (say)
      say(text);
  };
}

/// Who is there from the start, and what others may be made from.
crew_book_ptr make_crew(const plan_options& opts, member_list& members) {
  auto book = std::make_shared<crew_book>();
  for (const auto& agent : opts.agents) {
    members.add(agent.who.name, agent.outside);
    book->put(agent);
  }
  book->set_on_demand(opts.on_demand);
  member_list::standbys rules;
  for (const auto& x : opts.on_demand)
    rules.push_back(x->rule);
  members.set_on_demand(std::move(rules));
  return book;
}

} // namespace

house_plan make_plan(plan_options opts, open_store_ptr store) {
  auto names = std::make_shared<roster>();
  auto storage_names = std::make_shared<roster>();
  auto shard_names = std::make_shared<roster>();
  auto reader_names = std::make_shared<roster>();
  auto monitor_names = std::make_shared<roster>();
  auto home = std::make_shared<house>();
  home->opts = opts.house;
  home->now = opts.now;
  home->warn = kept_in(home->warnings, opts);
  home->threads = opts.threads;
  home->random = shared_random(opts.seed);
  auto serial =
    std::make_shared<std::atomic<uint32_t>>(static_cast<uint32_t>(opts.seed));
  home->unique = [serial] { return (*serial)++ & 0xfffffff; };
  home->journal = {storage_names, "journal"};
  home->coordinator = {names, "coordinator"};
  home->directory = {names, "directory"};
  home->feed = {names, "feed"};
  home->desk = {names, "desk"};
  home->clock = {names, "clock"};
  home->crew = {names, "crew"};
  home->agents = std::make_shared<roster>();
  for (uint32_t i = 0; i < opts.readers; ++i)
    home->readers.emplace_back(reader_names, std::to_string(i));
  for (uint32_t i = 0; i < opts.house.shards; ++i)
    home->shards.emplace_back(shard_names, std::to_string(i));
  auto book = make_crew(opts, *home->members);
  house_ptr shared = home;

  house_plan plan;
  plan.home = shared;
  plan.store = store;
  plan.names = names;
  plan.storage = storage_names;
  plan.monitors = monitor_names;
  plan.root = branch("node", restart_strategy::one_for_one, names, opts);
  auto storage =
    branch("storage", restart_strategy::rest_for_one, storage_names, opts);
  storage.children.push_back(journal_child(shared, store, opts));
  storage.children.push_back(shards_child(shared, shard_names, opts));
  auto& all = plan.root.children;
  all.push_back(readers_child(reader_names, opts));
  all.push_back(child("feed", "feed", [](child_context& ctx) {
    return spawn_in_place(ctx, feed);
  }));
  all.push_back(child("directory", "directory", [shared](child_context& ctx) {
    return spawn_in_place(ctx, directory, shared);
  }));
  all.push_back(
    child("coordinator", "coordinator", [shared](child_context& ctx) {
      return spawn_in_place(ctx, coordinator, shared);
    }));
  all.push_back(child("desk", "desk", [shared](child_context& ctx) {
    return spawn_in_place(ctx, desk, shared);
  }));
  all.push_back(supervisor_child(back_soon(std::move(storage), opts)));
  all.push_back(agents_child(shared, book, opts));
  all.push_back(crew_child(shared, book, names, opts));
  all.push_back(monitors_child(shared, monitor_names, opts));
  if (opts.ease)
    all.push_back(
      child("clock", "clock", [shared, ease = opts.ease](child_context& ctx) {
        return untyped(ctx.system.spawn(clock_keeper, shared, ease));
      }));
  plan.root = back_soon(std::move(plan.root), opts);
  return plan;
}

} // namespace troupe::runtime
