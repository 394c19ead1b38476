#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "bench.hpp"
#include "core/plan.hpp"
#include "gate.hpp"

// How much work goes through a node, and how fast.

namespace troupe::bench {

using nlohmann::json;

namespace {

/// Submits `n` times through `submit`, at most `open` at a time, and waits for
/// all ends.
template <class Submit>
void pump(node& to, uint64_t n, uint32_t open, Submit source) {
  std::counting_semaphore<> room{open};
  std::atomic<uint64_t> wrong{0};
  std::string first_error;
  std::mutex mutex;
  for (uint64_t i = 0; i < n; ++i) {
    room.acquire();
    to.submit_and_wait(source(i), {}, [&](run_result x) {
      if (x.error || x.state != "completed") {
        ++wrong;
        std::lock_guard guard{mutex};
        first_error = x.error ? x.error.message : x.state;
      }
      room.release();
    });
  }
  for (uint32_t i = 0; i < open; ++i)
    room.acquire();
  if (wrong > 0)
    throw std::runtime_error(std::to_string(wrong)
                             + " runs failed: " + first_error);
}

} // namespace

figures throughput(settings& s) {
  auto tasks = s.number("tasks", 100'000);
  auto chunk = s.number("chunk", 500);
  auto open = s.number("open", 16);
  scratch where;
  node n{options_for(s, where)};
  add_noop(n, static_cast<uint32_t>(s.number("slots", 8000)));
  must(n.start());
  pump(n, 4, 1, [](uint64_t i) { return noop_tasks(i, 1); }); // Warm.
  auto cpu = cpu_seconds();
  auto begin = steady::now();
  pump(n, tasks / chunk, static_cast<uint32_t>(open),
       [chunk](uint64_t i) { return noop_tasks(i * chunk, chunk); });
  auto took = seconds_since(begin);
  figures f;
  f.values["tasks_per_s"] = rounded(static_cast<double>(tasks) / took, 0);
  f.values["seconds"] = rounded(took, 3);
  f.values["cpu_s"] = rounded(cpu_seconds() - cpu, 2);
  f.values["rss_mb"] = rounded(peak_mb(), 1);
  return f;
}

figures latency(settings& s) {
  auto samples = s.number("samples", 2000);
  scratch where;
  node n{options_for(s, where)};
  add_noop(n);
  must(n.start());
  std::vector<double> ms;
  for (uint64_t i = 0; i < samples + 50; ++i) {
    auto begin = steady::now();
    auto done = n.run(noop_tasks(i, 1));
    must(done.error);
    if (i >= 50) // The first ones warm things up.
      ms.push_back(seconds_since(begin) * 1000);
  }
  figures f;
  f.values["p50_ms"] = rounded(quantile(ms, 0.5), 3);
  f.values["p95_ms"] = rounded(quantile(ms, 0.95), 3);
  f.values["p99_ms"] = rounded(quantile(ms, 0.99), 3);
  return f;
}

figures dag(settings& s) {
  auto runs = s.number("runs", 5000);
  auto open = s.number("open", 256);
  std::string source = R"({"workflow":"diamond","version":1,"steps":{
    "first":{"agent":{"capabilities":["noop"]}})";
  std::string all;
  for (int i = 0; i < 8; ++i) {
    auto name = "m" + std::to_string(i);
    source += ",\"" + name + R"(":{"depends_on":["first"],
      "agent":{"capabilities":["noop"]}})";
    all += (i > 0 ? ",\"" : "\"") + name + '"';
  }
  source += R"(,"last":{"depends_on":[)" + all
            + R"(],"agent":{"capabilities":["noop"]}}}})";
  scratch where;
  node n{options_for(s, where)};
  add_noop(n, 4000);
  must(n.start());
  pump(n, 4, 1, [&](uint64_t) { return source; });
  auto begin = steady::now();
  pump(n, runs, static_cast<uint32_t>(open), [&](uint64_t) { return source; });
  auto took = seconds_since(begin);
  figures f;
  f.values["workflows_per_s"] = rounded(static_cast<double>(runs) / took, 0);
  f.values["steps_per_s"] = rounded(static_cast<double>(runs * 10) / took, 0);
  f.values["rss_mb"] = rounded(peak_mb(), 1);
  return f;
}

namespace {

/// From the opening of the gate until everything has ended durably.
double drain_us(settings& s, uint64_t size, uint64_t chunk) {
  scratch where;
  node n{options_for(s, where)};
  auto g = std::make_shared<gate>();
  add_gate(n, g, static_cast<uint32_t>(s.number("slots", 1000)));
  must(n.start());
  constexpr int open = 16;
  std::counting_semaphore<> room{open};
  auto runs = size / chunk;
  for (uint64_t i = 0; i < runs; ++i) {
    room.acquire();
    n.submit_tasks(noop_tasks(i * chunk, chunk), {}, [&](submitted x) {
      if (x.error)
        throw std::runtime_error(x.error.message);
      room.release();
    });
  }
  for (int i = 0; i < open; ++i)
    room.acquire();
  auto begin = steady::now();
  g->let_go();
  while (g->seen < runs * chunk)
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  while (open_runs(n) > 0)
    std::this_thread::sleep_for(std::chrono::microseconds{200});
  return seconds_since(begin) * 1e6 / static_cast<double>(runs * chunk);
}

} // namespace

figures backlog(settings& s) {
  auto sizes = s.numbers("sizes", {1000, 10'000, 100'000, 1'000'000});
  auto chunk = s.number("chunk", 500);
  figures f;
  auto& each = f.values["per_task_us"] = json::object();
  for (auto size : sizes)
    each[std::to_string(size)] = rounded(drain_us(s, size, chunk), 2);
  f.values["rss_mb"] = rounded(peak_mb(), 1);
  return f;
}

figures live_actors(settings& s) {
  auto live = s.number("live", 100'000);
  constexpr uint64_t chunk = 500;
  scratch where;
  auto opts = options_for(s, where);
  opts.window = static_cast<uint32_t>(2 * live + 100'000);
  node n{std::move(opts)};
  auto g = std::make_shared<gate>();
  add_gate(n, g, static_cast<uint32_t>(live));
  must(n.start());
  std::string filling(230, 'x'); // 256 bytes of input with its wrapping.
  auto before = resident_mb();
  for (uint64_t i = 0; i < live / chunk; ++i) {
    std::string list = "[";
    for (uint64_t k = 0; k < chunk; ++k)
      list +=
        std::string{k > 0 ? "," : ""}
        + R"({"agent":{"capabilities":["noop"]},"timeout":"1h","input":{"x":")"
        + filling + std::to_string(k) + "\"}}";
    must(n.submit_tasks(list + ']').error);
  }
  while (g->seen < live / chunk * chunk)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  auto grown = resident_mb() - before;
  figures f;
  f.values["bytes_per_live_task"] =
    rounded(grown * 1048576 / static_cast<double>(live), 0);
  f.values["rss_mb"] = rounded(resident_mb(), 1);
  g->let_go();
  return f;
}

figures plan(settings& s) {
  auto tasks = s.number("tasks", 10'000);
  std::string source = R"({"workflow":"wide","version":1,"steps":{"s0":{})";
  for (uint64_t i = 1; i < tasks; ++i)
    source += ",\"s" + std::to_string(i) + R"(":{"depends_on":["s)"
              + std::to_string(i / 2) + R"("],"input":{"n":)"
              + std::to_string(i) + "}}";
  source += "}}";
  std::vector<double> ms;
  for (int i = 0; i < 5; ++i) {
    auto begin = steady::now();
    auto parsed = core::parse_workflow(source);
    if (!parsed.value)
      throw std::runtime_error(core::to_text(parsed.problems.front(), "plan"));
    auto made = core::make_plan(*parsed.value);
    ms.push_back(seconds_since(begin) * 1000);
  }
  figures f;
  f.values["ms"] = rounded(quantile(ms, 0.5), 2);
  return f;
}

} // namespace troupe::bench
