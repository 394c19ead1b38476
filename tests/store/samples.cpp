#include "store/samples.hpp"

#include <atomic>
#include <stdexcept>

#include <unistd.h>

namespace troupe::test {

using namespace core;
using namespace std::chrono_literals;

namespace {

/// In memory where that is possible: no test is about the disk's speed, and
/// the faults are made by us.
std::filesystem::path root() {
  std::error_code ignored;
  return std::filesystem::is_directory("/dev/shm", ignored)
           ? std::filesystem::path{"/dev/shm"}
           : std::filesystem::temp_directory_path();
}

} // namespace

scratch::scratch() {
  static std::atomic<int> number{0};
  path_ = root()
          / ("troupe-store-test-" + std::to_string(::getpid()) + "-"
             + std::to_string(++number));
  std::filesystem::remove_all(path_);
}

scratch::~scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

troupe::store::sqlite_options scratch::options() const {
  troupe::store::sqlite_options options;
  options.directory = path_;
  options.ballast_bytes = 64 * 1024;
  return options;
}

run_row sample_run(uint32_t shard, uint32_t unique) {
  run_row x;
  x.key = id::make(t0 + unique * 1s, shard * (id::slots / shards), unique);
  x.fresh = true;
  x.parent = id::make(t0 - 1h, 7, 7);
  x.parent_task = 3;
  x.workspace = "default";
  x.name = "build";
  x.version = 12;
  x.definition = "c0ffee";
  x.input = text{R"({"a":1})"};
  x.labels = text{R"({"team":"x"})"};
  x.idempotency_key = "order-" + std::to_string(unique);
  x.priority = 7;
  x.by = {"ann", "http", "req-1", "trace-1"};
  x.created_at = t0 + 1s;
  x.ready = text{"any\t2\t55\n"};
  x.total = 2;
  x.state = run_state::running;
  x.counts = {0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  x.last_number = 2;
  x.output = text{"[1,2]"};
  x.error = {errc::agent_failed, category::business, "no luck"};
  x.started_at = t0 + 2s;
  x.ended_at = t0 + 3s;
  x.updated_at = t0 + 4s;
  x.deadline = t0 + 1h;
  x.paused_at = t0 + 5s;
  x.commands = {id::make(t0, 1, 1), id::make(t0, 1, 2)};
  return x;
}

task_row sample_task(id run, uint32_t number) {
  task_row x;
  x.key = run.with(number);
  x.fresh = true;
  x.workspace = "default";
  x.name = "compile";
  x.type = "process";
  x.priority = 3;
  x.step = number - 1;
  x.parent = 9;
  x.item = 4;
  x.spec = text{R"({"run":"make"})"};
  x.state = task_state::queued;
  x.attempt = 2;
  x.retries = 1;
  x.unclean = 1;
  x.fallback = 3;
  x.agent = "builder";
  x.score = text{R"({"s":1})"};
  x.input = text{std::string("with\0zero", 9)};
  x.output = text{"\"done\""};
  x.error = {errc::timed_out, category::timeout, "too slow"};
  x.queued_at = t0 + 1s;
  x.started_at = t0 + 2s;
  x.ended_at = t0 + 3s;
  x.due_at = t0 + 1h;
  x.due = due_kind::retry;
  return x;
}

batch sample_batch(uint32_t shard, uint32_t unique, uint32_t tasks) {
  batch b;
  b.shard = shard;
  auto run = sample_run(shard, unique);
  run.total = run.last_number = run.counts[1] = tasks;
  for (uint32_t i = 1; i <= tasks; ++i)
    b.tasks.push_back(sample_task(run.key, i));
  b.runs.push_back(std::move(run));
  return b;
}

session::session(core::store& of, instant now) : writer(of.writer()) {
  auto opened = writer->open(shards, now);
  if (!opened)
    throw std::runtime_error{opened.error().message};
  state = *opened;
}

batch& session::place(batch& b, uint32_t facts) {
  b.epoch = state.epoch;
  b.first_seq = state.next_seq.at(b.shard);
  b.count = facts;
  b.facts = text{std::string(facts * 16, 'f')};
  return b;
}

commit_report session::append(batch& b, uint32_t facts) {
  place(b, facts);
  auto report = writer->append({&b});
  if (report.what == commit::done)
    state.next_seq[b.shard] += facts;
  return report;
}

} // namespace troupe::test
