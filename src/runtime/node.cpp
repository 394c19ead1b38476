#include "troupe/caf.hpp"

#include <algorithm>
#include <cstdio>
#include <future>
#include <random>
#include <thread>

#include <caf/actor_registry.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "runtime/house_plan.hpp"
#include "runtime/node_figures.hpp"
#include "runtime/node_insides.hpp"
#include "runtime/process_sample.hpp"
#include "runtime/scheduler.hpp"
#include "runtime/task_queue.hpp"
#include "store/memory_store.hpp"
#include "store/sqlite_store.hpp"

namespace troupe {

namespace {

/// Debian's CAF: work stealing collapses with thousands of runnable actors;
/// see docs/decisions/0060-scheduler.md.
constexpr size_t messages_per_turn = 50;

struct system_config : caf::actor_system_config {
  explicit system_config(uint32_t threads) {
    add_supervision_types(*this);
    add_message_types<caf::id_block::troupe>();
    runtime::load_scheduler(*this);
    set("scheduler.max-throughput", messages_per_turn);
    set("scheduler.max-threads", size_t{threads});
  }
};

void to_stderr(const std::string& text) {
  std::fprintf(stderr, "troupe: %s\n", text.c_str());
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

} // namespace

struct node::parts {
  node_options opts;
  house_options house;
  store::sqlite_options sqlite;
  std::vector<agent_spec> agents;
  std::vector<standby_spec_ptr> on_demand;
  runtime::queue_settings queue;
  /// What the sweep works: made with the api, after the tree.
  std::shared_ptr<std::atomic<std::shared_ptr<runtime::task_queue>>> queue_of =
    std::make_shared<std::atomic<std::shared_ptr<runtime::task_queue>>>();
  std::chrono::milliseconds restart_pause_max =
    runtime::plan_options{}.restart_pause_max;
  std::shared_ptr<core::store> store;
  runtime::house_plan plan;
  std::shared_ptr<runtime::utc_clock> clock;
  std::unique_ptr<system_config> config;
  std::unique_ptr<caf::actor_system> system;
  supervisor root;
  std::shared_ptr<runtime::node_api> api;
  std::vector<commit_listener> listeners;
  std::vector<uint64_t> first_seq; // By shard, as the store was opened.
  std::shared_ptr<runtime::node_figures> figures =
    std::make_shared<runtime::node_figures>();

  failure open();
  void spawn();
  failure close(std::chrono::milliseconds deadline);
};

std::vector<std::string> problems(const node_options& opts) {
  std::vector<std::string> all;
  if (opts.shards < 1 || opts.shards > core::id::slots)
    all.push_back("shards must be from 1 to 4096");
  if (opts.window < opts.shards)
    all.push_back("window must be at least as large as shards");
  if (opts.pending_bytes_max < 64 * 1024)
    all.push_back("pending_bytes_max must be at least 64 KiB");
  if (opts.runs_kept < std::chrono::minutes{1}
      || opts.history_kept < std::chrono::minutes{1})
    all.push_back("runs_kept and history_kept must be at least a minute");
  if (opts.queued_max < 1)
    all.push_back("queued_max must be at least 1");
  if (opts.cancel_grace < std::chrono::milliseconds{0})
    all.push_back("cancel_grace must not be negative");
  return all;
}

node::node(node_options opts) : parts_(std::make_unique<parts>()) {
  auto& house = parts_->house;
  house.shards = opts.shards;
  house.window.ready_max = std::max(1u, opts.window / opts.shards);
  house.window.lane_max = std::max(1u, house.window.ready_max / 2);
  house.window.lane_floor = std::min(32u, house.window.lane_max);
  house.cancel_grace = opts.cancel_grace;
  house.pending_bytes_max = opts.pending_bytes_max;
  house.queued_max = opts.queued_max;
  house.disk_reserve_bytes = opts.disk_reserve;
  house.allocation.region = opts.region;
  if (!opts.warn)
    opts.warn = to_stderr;
  if (opts.threads == 0)
    opts.threads = std::max(2u, std::thread::hardware_concurrency());
  parts_->opts = std::move(opts);
}

node::~node() {
  if (parts_->system)
    parts_->close(std::chrono::milliseconds{0});
}

void node::add(profile who, agent_factory make) {
  agent_spec spec;
  spec.who = std::move(who);
  spec.make = std::move(make);
  parts_->agents.push_back(std::move(spec));
}

void node::add(profile who, reactive_factory make) {
  agent_spec spec;
  spec.who = std::move(who);
  spec.kind = "c++ reactive";
  spec.make = std::move(make);
  parts_->agents.push_back(std::move(spec));
}

// A node without a directory must not grow for ever, either.
constexpr size_t ended_runs_in_memory_max = 10'000;
constexpr size_t segments_in_memory_max = 10'000; // Of each shard.

/// Opens the store on this thread: what is wrong with it is said at once.
failure node::parts::open() {
  clock = std::make_shared<runtime::utc_clock>();
  if (opts.data.empty()) {
    store::memory_options memory;
    memory.runs_kept = opts.runs_kept;
    memory.ended_runs_max = ended_runs_in_memory_max;
    memory.segments_max = segments_in_memory_max;
    store = store::make_memory_store({}, memory);
  } else {
    sqlite.directory = opts.data;
    sqlite.runs_kept = opts.runs_kept;
    sqlite.history_kept = opts.history_kept;
    sqlite.sync =
      opts.sync ? store::durability::full : store::durability::relaxed;
    store = store::make_sqlite_store(sqlite);
  }
  auto writer = store->writer();
  auto facts = writer->open(opts.shards, clock->now());
  if (!facts)
    return facts.error();
  clock->not_before(facts->newest);
  auto opened = std::make_shared<open_store>();
  opened->writer = std::move(writer);
  opened->facts = std::move(*facts);
  first_seq = opened->facts.next_seq;
  opened->listeners = listeners;
  opened->listeners.push_back(
    [to = figures](const batch_ptr& x) { to->fold(*x); });
  runtime::plan_options all;
  all.house = house;
  all.store = store;
  all.agents = agents;
  all.on_demand = on_demand;
  all.warn = opts.warn;
  all.now = [clock = clock] { return clock->now(); };
  all.ease = [clock = clock] { return clock->ease(); };
  all.sample = [data = opts.data] { return runtime::sample_process(data); };
  all.sweep = [queue = queue_of]() -> std::optional<core::duration> {
    if (auto known = queue->load())
      return known->sweep();
    return std::chrono::seconds{1};
  };
  all.seed = random_seed();
  all.restart_pause_max = restart_pause_max;
  plan = runtime::make_plan(std::move(all), std::move(opened));
  return {};
}

void node::parts::spawn() {
  config = std::make_unique<system_config>(opts.threads);
  if (opts.configure)
    opts.configure(*config);
  system = std::make_unique<caf::actor_system>(*config);
  system->await_actors_before_shutdown(false);
  auto spawned = spawn_supervisor(*system, plan.root);
  // The spec is ours: it is valid, or a test finds out.
  root = std::move(*spawned);
  api = std::make_shared<runtime::node_api>(*system, plan.home, root.handle,
                                            plan.monitors);
  api->add_figures(
    [from = figures](core::metric_page& page) { from->add_to(page); });
  auto queues = std::make_shared<runtime::task_queue>(api, queue);
  api->use_queue(queues);
  queue_of->store(std::move(queues));
}

namespace {

/// Every actor that doors talk to lives. (What a shard has is read meanwhile.)
bool all_live(const house& home) {
  auto lives = [](auto ref) { return ref.handle() != nullptr; };
  return lives(home.desk) && lives(home.crew) && lives(home.feed)
         && lives(home.coordinator) && lives(home.journal)
         && std::all_of(home.readers.begin(), home.readers.end(), lives)
         && std::all_of(home.shards.begin(), home.shards.end(), lives);
}

} // namespace

failure node::start() {
  if (auto all = problems(parts_->opts); !all.empty())
    return {errc::invalid, category::validation, all.front()};
  if (auto why = parts_->open())
    return why;
  parts_->spawn();
  constexpr std::chrono::seconds starts_within{30};
  auto until = std::chrono::steady_clock::now() + starts_within;
  while (!all_live(*parts_->plan.home)) {
    if (std::chrono::steady_clock::now() > until)
      return {errc::escalated, category::unknown,
              "not all actors started within 30 s; the warnings say why"};
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
  return {};
}

failure node::stop(std::chrono::milliseconds deadline) {
  return parts_->system ? parts_->close(deadline) : failure{};
}

namespace {

/// Waits until no host works on anything, or the deadline.
void drain(caf::actor_system& sys, const house& home,
           std::chrono::steady_clock::time_point until) {
  caf::scoped_actor self{sys};
  auto names = home.members->names();
  for (const auto& name : names)
    if (auto host = home.host(name).handle())
      caf::anon_send(host, health_atom_v, core::agent_health::draining);
  for (auto busy = true; busy && std::chrono::steady_clock::now() < until;) {
    busy = false;
    for (const auto& name : names) {
      auto host = home.host(name).handle();
      if (!host)
        continue;
      self->request(host, std::chrono::seconds{1}, stats_atom_v)
        .receive([&](const host_stats& x) { busy = busy || x.load > 0; },
                 [](const caf::error&) {});
    }
    if (busy)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

/// Runs and tasks end after their shards, by messages; what a system that ends
/// does not deliver would leak. Code of agents that never returns is left.
void await_actors(caf::actor_system& sys) {
  constexpr std::chrono::microseconds look_interval{200};
  constexpr int looks_max = 10'000; // 2 s in which not one has ended.
  auto left = sys.registry().running();
  for (int looks = 0; left > 0 && looks < looks_max; ++looks) {
    std::this_thread::sleep_for(look_interval);
    if (auto now = sys.registry().running(); now < left) {
      left = now;
      looks = 0;
    }
  }
}

} // namespace

failure node::parts::close(std::chrono::milliseconds deadline) {
  auto until = std::chrono::steady_clock::now() + deadline;
  if (api)
    api->close();
  if (deadline.count() > 0)
    drain(*system, *plan.home, until);
  // In reverse order of their start; what runs still goes back to the queue at
  // the next start, uncounted, because the store is closed in order.
  auto down = false;
  {
    caf::scoped_actor self{*system};
    self->monitor(root.handle);
    caf::anon_send(root.handle, supervisor_stop_atom_v);
    auto wait = std::max<std::chrono::milliseconds>(
      deadline, std::chrono::milliseconds{2000});
    self->receive([&](const caf::down_msg&) { down = true; },
                  caf::after(wait) >> [] {});
  }
  failure why;
  if (down) {
    if (plan.store->writer)
      why = plan.store->writer->close();
  } else {
    why = {errc::stopping, category::unknown,
           "an actor did not end within the deadline; everything acknowledged "
           "is durable"};
  }
  api.reset();
  root = {};
  auto home = plan.home;
  plan = {};
  await_actors(*system);
  system.reset();
  store.reset();
  return why;
}

std::shared_ptr<core::api> node::api() {
  return parts_->api;
}

static_assert(caf::id_block::troupe_last_type_id < first_type_id,
              "the library must leave the numbers from first_type_id on");

caf::actor_system& actor_system_of(node& x) {
  return node_insides::system(x);
}

const runtime::house_plan& node_insides::plan(node& x) {
  return x.parts_->plan;
}

caf::actor_system& node_insides::system(node& x) {
  return *x.parts_->system;
}

const house& node_insides::home(node& x) {
  return *x.parts_->plan.home;
}

caf::actor node_insides::root(node& x) {
  return x.parts_->root.handle;
}

std::shared_ptr<runtime::node_api> node_insides::api(node& x) {
  return x.parts_->api;
}

void node_insides::add(node& x, agent_spec spec) {
  x.parts_->agents.push_back(std::move(spec));
}

void node_insides::add_on_demand(node& x, standby_spec_ptr spec) {
  x.parts_->on_demand.push_back(std::move(spec));
}

const std::vector<uint64_t>& node_insides::first_seq(node& x) {
  return x.parts_->first_seq;
}

void node_insides::on_commit(node& x, commit_listener listen) {
  x.parts_->listeners.push_back(std::move(listen));
}

house_options& node_insides::options(node& x) {
  return x.parts_->house;
}

runtime::queue_settings& node_insides::task_queue(node& x) {
  return x.parts_->queue;
}

std::chrono::milliseconds& node_insides::restart_pause_max(node& x) {
  return x.parts_->restart_pause_max;
}

store::sqlite_options& node_insides::store_options(node& x) {
  return x.parts_->sqlite;
}

} // namespace troupe
