#include <algorithm>
#include <fstream>
#include <queue>
#include <set>
#include <sstream>
#include <stdexcept>

#include "agents/simple_agents.hpp"
#include "bench.hpp"
#include "core/workflow.hpp"

// How long a recorded workflow takes, beside what no schedule can beat and what
// a list schedule with the same slots and no cost of its own takes.

namespace troupe::bench {

using nlohmann::json;

namespace {

std::string read_text(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    throw std::runtime_error("cannot read " + path
                             + "; name workflows in WfFormat with --files "
                               "A.json,B.json");
  return text.str();
}

core::workflow_ptr import(const std::string& path, const std::string& text,
                          double time_scale) {
  auto parsed = core::import_wfcommons(text, time_scale);
  if (!parsed.value)
    throw std::runtime_error(
      core::to_text(parsed.problems.front(), path.c_str()));
  return parsed.value;
}

double milliseconds_of(const core::step& x) {
  return std::chrono::duration<double, std::milli>(x.expected).count();
}

double work_of(const core::workflow& x) {
  double sum = 0;
  for (const auto& step : x.steps)
    sum += milliseconds_of(step);
  return sum;
}

double critical_path_of(const core::workflow& x) {
  std::vector<double> end(x.steps.size());
  double longest = 0;
  for (auto i : x.order) {
    double begin = 0;
    for (const auto& edge : x.steps[i].depends_on)
      begin = std::max(begin, end[edge.step]);
    end[i] = begin + milliseconds_of(x.steps[i]);
    longest = std::max(longest, end[i]);
  }
  return longest;
}

/// What becomes ready first begins first, whenever a slot is free.
double list_schedule_of(const core::workflow& x, uint64_t slots) {
  using when = std::pair<double, uint32_t>;
  using earliest = std::priority_queue<when, std::vector<when>, std::greater<>>;
  std::vector<size_t> open(x.steps.size());
  earliest ready;
  earliest running;
  for (uint32_t i = 0; i < x.steps.size(); ++i)
    if (open[i] = x.steps[i].depends_on.size(); open[i] == 0)
      ready.push({0, i});
  double now = 0;
  while (!ready.empty() || !running.empty()) {
    while (!ready.empty() && running.size() < slots) {
      auto i = ready.top().second;
      ready.pop();
      running.push({now + milliseconds_of(x.steps[i]), i});
    }
    auto [end, done] = running.top();
    running.pop();
    now = end;
    for (const auto& edge : x.steps[done].dependents)
      if (--open[edge.step] == 0)
        ready.push({now, edge.step});
  }
  return now;
}

/// Through the public client, as everybody would.
double measure(settings& s, const core::workflow& what, uint64_t slots) {
  scratch where;
  node n{options_for(s, where)};
  profile who;
  who.name = "sleeper";
  who.capabilities = {"sleep"};
  who.max_load = static_cast<uint32_t>(slots);
  n.add(who, agents::sleep());
  must(n.start());
  auto source = what.source.str();
  auto begin = steady::now();
  auto result = n.run(source);
  auto took = seconds_since(begin) * 1000;
  must(result.error);
  if (result.state != "completed")
    throw std::runtime_error("the run ended as " + result.state);
  return took;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> all;
  std::istringstream from{list};
  for (std::string word; std::getline(from, word, ',');)
    all.push_back(word);
  return all;
}

} // namespace

figures makespan(settings& s) {
  auto files =
    split(s.word("files", "examples/wfcommons/blast-chameleon-small-003.json,"
                          "examples/wfcommons/"
                          "helloworld-forkjoin-10-chameleon.json"));
  auto slot_list = s.numbers("slots", {2, 4, 8, 16, 32, 64});
  auto wanted_ms = static_cast<double>(s.number("ms", 2000));
  figures f;
  double worst = 0;
  for (const auto& path : files) {
    auto text = read_text(path);
    auto full = import(path, text, 1);
    for (auto slots : slot_list) {
      auto scale = wanted_ms / list_schedule_of(*full, slots);
      auto what = import(path, text, scale);
      auto list = list_schedule_of(*what, slots);
      auto bound = std::max(critical_path_of(*what),
                            work_of(*what) / static_cast<double>(slots));
      auto took = measure(s, *what, slots);
      worst = std::max(worst, took / list);
      f.values["workflows"][what->name][std::to_string(slots)] = {
        {"makespan_ms", rounded(took, 1)},
        {"list_schedule_ms", rounded(list, 1)},
        {"bound_ms", rounded(bound, 1)},
        {"to_list_schedule", rounded(took / list, 3)}};
    }
  }
  f.values["worst_to_list_schedule"] = rounded(worst, 3);
  return f;
}

} // namespace troupe::bench
