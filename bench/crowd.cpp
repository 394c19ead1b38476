#include <atomic>
#include <cmath>
#include <future>
#include <map>
#include <stdexcept>
#include <thread>

#include "bench.hpp"
#include "core/api.hpp"
#include "gate.hpp"

// Whether much of one thing is in the way of another.

namespace troupe::bench {

using nlohmann::json;

namespace {

std::string ask(node& n, const std::string& operation, const json& params) {
  std::string body;
  must(n.ask(operation, params.dump(), body));
  return body;
}

/// From the submission of the tasks to their durable end, median.
double finish_ms(node& n, uint64_t tasks, uint64_t times) {
  std::vector<double> ms;
  for (uint64_t i = 0; i < times; ++i) {
    auto begin = steady::now();
    must(n.run(noop_tasks(0, tasks)).error);
    ms.push_back(seconds_since(begin) * 1000);
  }
  return quantile(ms, 0.5);
}

} // namespace

void submit_idle(node& to, uint64_t tasks) {
  constexpr uint64_t chunk = 500;
  std::string list = "[";
  for (uint64_t i = 0; i < chunk; ++i)
    list += std::string{i > 0 ? "," : ""}
            + R"({"agent":{"capabilities":["nobody"]}})";
  list += ']';
  for (uint64_t i = 0; i < tasks / chunk; ++i)
    must(to.submit_tasks(list).error);
}

figures crowd(settings& s) {
  auto idle = s.number("idle", 1'000'000);
  auto tasks = s.number("tasks", 1000);
  auto times = s.number("times", 20);
  scratch where;
  node n{options_for(s, where)};
  add_noop(n);
  must(n.start());
  finish_ms(n, tasks, times); // Warm.
  auto alone = finish_ms(n, tasks, times);
  auto before = resident_mb();
  submit_idle(n, idle);
  auto beside = finish_ms(n, tasks, times);
  figures f;
  f.values["alone_ms"] = rounded(alone);
  f.values["beside_ms"] = rounded(beside);
  f.values["ratio"] = rounded(beside / alone);
  f.values["bytes_per_idle_task"] =
    rounded((resident_mb() - before) * 1048576 / static_cast<double>(idle), 0);
  f.values["rss_mb"] = rounded(peak_mb(), 1);
  return f;
}

/// What the allocator keeps for a while is not what the node keeps.
constexpr std::chrono::seconds given_back_within{5};

figures timeouts(settings& s) {
  auto timeouts = s.number("timeouts", 1'000'000);
  auto live = s.number("live", 100'000);
  constexpr uint64_t chunk = 500;
  scratch where;
  auto opts = options_for(s, where);
  opts.window = static_cast<uint32_t>(2 * live + 100'000);
  node n{std::move(opts)};
  auto g = std::make_shared<gate>();
  add_gate(n, g, static_cast<uint32_t>(live));
  must(n.start());
  std::string list = "[";
  for (uint64_t i = 0; i < chunk; ++i)
    list += std::string{i > 0 ? "," : ""}
            + R"({"agent":{"capabilities":["noop"]},"timeout":"1h"})";
  list += ']';
  std::map<uint64_t, double> after; // How many rounds.
  auto rounds = std::max<uint64_t>(2, timeouts / live);
  for (uint64_t round = 0; round < rounds; ++round) {
    g->close();
    for (uint64_t i = 0; i < live / chunk; ++i)
      must(n.submit_tasks(list).error);
    while (g->seen < live / chunk * chunk) // All are armed.
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    g->let_go();
    while (open_runs(n) > 0) // All are cancelled.
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    auto done = round + 1;
    if (done == 1 || done == rounds / 2 || done == rounds) {
      std::this_thread::sleep_for(given_back_within);
      after[done] = resident_mb();
    }
  }
  figures f;
  auto last = after[rounds];
  f.values["after_first_mb"] = rounded(after[1], 1);
  f.values["after_half_mb"] = rounded(after[rounds / 2], 1);
  f.values["after_all_mb"] = rounded(last, 1);
  f.values["ratio"] = rounded(last / after[1]);
  f.values["ratio_to_half"] = rounded(last / after[rounds / 2]);
  f.values["rss_mb"] = rounded(peak_mb(), 1);
  return f;
}

namespace {

/// How long until the first event of a run's stream.
double watch_ms(node& n, core::id run) {
  auto come = std::make_shared<std::promise<void>>();
  auto first = std::make_shared<std::atomic<bool>>(true);
  core::watch_request what;
  what.run = run;
  auto begin = steady::now();
  n.api()->watch(what, [come, first](const core::watch_event&) {
    if (first->exchange(false))
      come->set_value();
    return false;
  });
  come->get_future().wait();
  return seconds_since(begin) * 1000;
}

} // namespace

figures look(settings& s) {
  auto tasks = s.number("tasks", 100'000);
  auto times = s.number("times", 100);
  scratch where;
  node n{options_for(s, where)};
  auto g = std::make_shared<gate>();
  add_gate(n, g, 1000);
  must(n.start());
  auto made = n.submit_tasks(noop_tasks(0, tasks));
  must(made.error);
  while (g->seen < std::min<uint64_t>(tasks, 1000))
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  auto run = *core::id_from(made.run);
  json of_run{{"run", made.run}};
  json last{{"task", core::to_string(run.with(static_cast<uint32_t>(tasks)))}};
  std::vector<std::pair<std::string, std::pair<std::string, json>>> questions{
    {"status", {"status", json::object()}},
    {"run", {"run", of_run}},
    {"tasks", {"tasks", of_run}},
    {"why_run", {"why", of_run}},
    {"why_task", {"why", last}},
    {"tree", {"tree", json::object()}}};
  figures f;
  auto tell = [&f](const std::string& name, const std::vector<double>& ms) {
    f.values[name + "_p50_ms"] = rounded(quantile(ms, 0.5));
    f.values[name + "_max_ms"] = rounded(quantile(ms, 1));
  };
  for (const auto& [name, question] : questions) {
    std::vector<double> ms;
    for (uint64_t i = 0; i < times; ++i) {
      auto begin = steady::now();
      ask(n, question.first, question.second);
      ms.push_back(seconds_since(begin) * 1000);
    }
    tell(name, ms);
  }
  std::vector<double> ms;
  for (uint64_t i = 0; i < times; ++i)
    ms.push_back(watch_ms(n, run));
  tell("watch", ms);
  g->let_go();
  return f;
}

} // namespace troupe::bench
