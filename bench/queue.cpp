#include "bench.hpp"

// The task queue: from a strategy to its tasks in the store.

namespace troupe::bench {

namespace {

/// Two phases, half the tasks in each; those of the second wait for all of the
/// first.
nlohmann::json strategy_of(uint64_t tasks) {
  auto phases = nlohmann::json::array();
  for (uint64_t i = 0; i < 2; ++i) {
    auto activities = nlohmann::json::array();
    for (uint64_t k = i; k < tasks; k += 2)
      activities.push_back("Publish blog post " + std::to_string(k));
    phases.push_back({{"phase_name", "Phase " + std::to_string(i + 1)},
                      {"key_activities", activities}});
  }
  return {{"id", "0190a1b2-0000-7000-8000-00000000000a"},
          {"campaign_calendar", {{"phases", phases}}}};
}

nlohmann::json ask(node& n, const std::string& op,
                   const nlohmann::json& params) {
  std::string body;
  must(n.ask(op, params.dump(), body));
  return nlohmann::json::parse(body);
}

} // namespace

figures decompose(settings& s) {
  auto tasks = s.number("tasks", 100);
  auto samples = s.number("samples", 50);
  scratch where;
  node n{options_for(s, where)};
  must(n.start());
  auto strategy = strategy_of(tasks);
  ask(n, "queue_strategy", strategy);
  std::vector<double> ms;
  for (uint64_t i = 0; i < samples; ++i) {
    auto begin = steady::now();
    ask(n, "queue_decompose", {{"strategy_id", strategy["id"]}});
    ms.push_back(seconds_since(begin) * 1000);
  }
  figures f;
  f.values["p50_ms"] = rounded(quantile(ms, 0.5), 2);
  f.values["p99_ms"] = rounded(quantile(ms, 0.99), 2);
  f.values["peak_mb"] = rounded(peak_mb(), 0);
  must(n.stop());
  return f;
}

} // namespace troupe::bench
