#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <unistd.h>

#include "store/sqlite_store.hpp"

// What the store alone costs per simple task: queued and ended, with input and
// result, one run per 500 tasks, synchronous=FULL.
//   store_bench [tasks] [tasks per batch] [directory]

namespace {

using namespace troupe;
using namespace troupe::core;
using clock_type = std::chrono::steady_clock;

constexpr uint32_t shards = 64;
constexpr uint32_t tasks_per_run = 500;

struct workload {
  uint64_t tasks = 200'000;
  uint32_t per_batch = 200;
};

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

instant stamp(uint64_t number) {
  return from_us(1'790'000'000'000'000 + static_cast<int64_t>(number) * 10);
}

run_row make_run(id key, uint32_t tasks) {
  run_row x;
  x.key = key;
  x.fresh = true;
  x.workspace = "default";
  x.name = "tasks";
  x.by = {"local", "http", "req-0123456789abcdef",
          "4bf92f3577b34da6a3ce929d0e0e4736"};
  x.created_at = x.updated_at = stamp(0);
  x.total = tasks;
  x.counts = std::vector<uint32_t>(task_states);
  x.counts[1] = tasks;
  x.last_number = tasks;
  return x;
}

task_row make_task(id key, uint32_t step) {
  static const text input{std::string(100, 'i')};
  task_row x;
  x.key = key;
  x.fresh = true;
  x.workspace = "default";
  x.name = "echo";
  x.type = "echo";
  x.step = step;
  x.state = task_state::queued;
  x.input = input;
  x.queued_at = stamp(step);
  return x;
}

void end_task(task_row& x) {
  static const text output{std::string(64, 'o')};
  static const text score{"{\"agent\":\"echo-1\",\"score\":0.93}"};
  x.fresh = false;
  x.state = task_state::completed;
  x.attempt = 1;
  x.agent = "echo-1";
  x.score = score;
  x.output = output;
  x.started_at = x.queued_at;
  x.ended_at = x.queued_at;
}

/// One batch of one shard with `rows`, numbered.
struct feeder {
  store_writer& writer;
  opened state;
  double spent = 0; // CPU within the store.

  void append(batch& b) {
    b.epoch = state.epoch;
    b.first_seq = state.next_seq[b.shard];
    b.count = static_cast<uint32_t>(b.tasks.size());
    b.facts = text{std::string(b.count * 40, 'f')};
    auto before = cpu_seconds();
    auto report = writer.append({&b});
    spent += cpu_seconds() - before;
    if (report.what != commit::done || !report.fenced.empty()) {
      std::fprintf(stderr, "%s\n", report.why.message.c_str());
      std::exit(1);
    }
    state.next_seq[b.shard] += b.count;
  }
};

void feed(feeder& to, const workload& load) {
  uint64_t done = 0;
  for (uint32_t number = 0; done < load.tasks; ++number) {
    auto slot = number * 61 % id::slots;
    auto run = id::make(stamp(number), slot, number);
    std::vector<task_row> tasks;
    for (uint32_t i = 1; i <= tasks_per_run; ++i)
      tasks.push_back(make_task(run.with(i), i));
    // Twice through the run in batches: first queued, then ended.
    for (auto phase : {0, 1})
      for (uint32_t at = 0; at < tasks_per_run; at += load.per_batch) {
        batch b;
        b.shard = shard_of(slot, shards);
        auto end = std::min(at + load.per_batch, tasks_per_run);
        if (phase == 0 && at == 0)
          b.runs.push_back(make_run(run, tasks_per_run));
        for (auto i = at; i < end; ++i) {
          if (phase == 1)
            end_task(tasks[i]);
          b.tasks.push_back(tasks[i]);
        }
        to.append(b);
      }
    done += tasks_per_run;
    to.writer.maintain(stamp(number));
  }
}

} // namespace

int main(int argc, char** argv) {
  workload load;
  if (argc > 1)
    load.tasks = std::strtoull(argv[1], nullptr, 10);
  if (argc > 2)
    load.per_batch = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  if (load.per_batch == 0)
    load.per_batch = 1;
  store::sqlite_options options;
  options.directory =
    argc > 3 ? std::filesystem::path{argv[3]}
             : std::filesystem::temp_directory_path()
                 / ("troupe-store-bench-" + std::to_string(getpid()));
  auto made = store::make_sqlite_store(options);
  auto writer = made->writer();
  auto state = writer->open(shards, stamp(0));
  if (!state) {
    std::fprintf(stderr, "%s\n", state.error().message.c_str());
    return 1;
  }
  feeder to{*writer, *state};
  auto cpu = cpu_seconds();
  auto start = clock_type::now();
  feed(to, load);
  auto wall = std::chrono::duration<double>(clock_type::now() - start).count();
  cpu = cpu_seconds() - cpu;
  auto tasks = static_cast<double>(load.tasks);
  auto stats = writer->stats();
  std::printf("store, synchronous=FULL, batches of %u: %.0f tasks/s, %.2f us "
              "CPU in append per task (%.2f in all), %.0f bytes per task\n",
              std::min(load.per_batch, tasks_per_run), tasks / wall,
              to.spent / tasks * 1e6, cpu / tasks * 1e6,
              static_cast<double>(stats.size_bytes + stats.wal_bytes) / tasks);
  auto closed = writer->close();
  if (argc <= 3)
    std::filesystem::remove_all(options.directory);
  return closed ? 1 : 0;
}
