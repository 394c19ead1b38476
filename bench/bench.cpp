#include "bench.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <thread>

#include "cli/local_node.hpp"
#include "runtime/process_sample.hpp"
#include "troupe/version.hpp"

namespace troupe::bench {

using nlohmann::json;

settings::settings(const std::vector<std::string>& args) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (!args[i].starts_with("--"))
      continue;
    auto name = args[i].substr(2);
    auto has_value = i + 1 < args.size() && !args[i + 1].starts_with("--");
    given_.emplace_back(name, has_value ? args[i + 1] : "");
  }
}

std::string settings::word(const std::string& name,
                           const std::string& otherwise) {
  auto value = otherwise;
  for (const auto& [given, text] : given_)
    if (given == name)
      value = text;
  used_[name] = value;
  return value;
}

uint64_t settings::number(const std::string& name, uint64_t otherwise) {
  auto value =
    std::strtoull(word(name, std::to_string(otherwise)).c_str(), nullptr, 10);
  used_[name] = value;
  return value;
}

std::vector<uint64_t>
settings::numbers(const std::string& name,
                  const std::vector<uint64_t>& otherwise) {
  std::string list;
  for (auto x : otherwise)
    list += (list.empty() ? "" : ",") + std::to_string(x);
  list = word(name, list);
  std::vector<uint64_t> all;
  for (size_t at = 0; at < list.size();) {
    auto end = std::min(list.find(',', at), list.size());
    all.push_back(
      std::strtoull(list.substr(at, end - at).c_str(), nullptr, 10));
    at = end + 1;
  }
  used_[name] = all;
  return all;
}

bool settings::has(const std::string& name) const {
  return std::any_of(given_.begin(), given_.end(),
                     [&name](const auto& x) { return x.first == name; });
}

double seconds_since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

double cpu_seconds() {
  auto used = runtime::sample_process({}).cpu;
  return std::chrono::duration<double>(used).count();
}

double resident_mb() {
  return static_cast<double>(runtime::sample_process({}).rss_bytes) / 1048576;
}

double peak_mb() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty())
    return 0;
  auto at = static_cast<size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(at),
                   values.end());
  return values[at];
}

double rounded(double x, int digits) {
  auto scale = std::pow(10.0, digits);
  return std::round(x * scale) / scale;
}

void must(const failure& why) {
  if (why)
    throw std::runtime_error(why.message);
}

scratch::scratch() {
  auto pattern = std::filesystem::current_path() / "troupe-bench-XXXXXX";
  path_ = pattern.string();
  if (mkdtemp(path_.data()) == nullptr)
    throw std::runtime_error("cannot make a directory like " + path_);
}

scratch::~scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

node_options options_for(settings& s, const scratch& where) {
  node_options opts;
  opts.data = s.has("memory") ? "" : where.path() + "/data";
  opts.shards = static_cast<uint32_t>(s.number("shards", opts.shards));
  opts.threads = static_cast<uint32_t>(s.number("threads", 2));
  return opts;
}

void add_noop(node& to, uint32_t max_load) {
  class noop : public reactive_agent {
    void perform(const task&, reply done) override { done(outcome::done()); }
  };
  profile who;
  who.name = "noop";
  who.capabilities = {"noop"};
  who.max_load = max_load;
  to.add(who, [] { return std::make_unique<noop>(); });
}

std::string noop_tasks(uint64_t first, uint64_t n) {
  std::string list = "[";
  for (uint64_t i = first; i < first + n; ++i) {
    if (i > first)
      list += ',';
    list += R"({"agent":{"capabilities":["noop"]},"input":{"n":)"
            + std::to_string(i) + "}}";
  }
  return list + ']';
}

namespace {

struct benchmark {
  figures (*run)(settings&) = nullptr;
  const char* about = "";
  std::vector<std::pair<std::string, std::string>> settings; // And the default.
};

using benchmarks = std::map<std::string, benchmark>;

benchmarks over_http() {
  return {{"http",
           {http,
            "tasks over HTTP: in batches, one by one, one alone, and status, "
            "cancel and retry beside many stored ones",
            {{"tasks", "100000"},
             {"chunk", "500"},
             {"open", "16"},
             {"singles", "50000"},
             {"samples", "2000"},
             {"stored", "1000000"},
             {"slots", "8000"}}}},
          {"stored",
           {stored,
            "status, cancel and retry over HTTP beside many stored tasks",
            {{"tasks", "1000000"}, {"samples", "500"}, {"slots", "8000"}}}},
          {"stream",
           {stream,
            "work that many follow live: what it costs, and that all is seen",
            {{"runs", "990"},
             {"events-per-s", "10000"},
             {"seconds", "8"},
             {"rounds", "3"},
             {"followers", "990"},
             {"follow-all", "10"},
             {"never-read", "10"}}}},
          {"overload",
           {overload,
            "twice as much work over HTTP as agents can do",
            {{"seconds", "60"},
             {"connections", "8"},
             {"chunk", "50"},
             {"slots", "8"},
             {"work-us", "1000"},
             {"queued-max", "20000"},
             {"pending-bytes-max", "33554432"}}}}};
}

benchmarks in_process() {
  return {
    {"throughput",
     {throughput,
      "no-op tasks through a durable node",
      {{"tasks", "100000"},
       {"chunk", "500"},
       {"open", "16"},
       {"slots", "8000"}}}},
    {"latency",
     {latency,
      "one task, from submission to its durable end",
      {{"samples", "2000"}}}},
    {"dag",
     {dag, "workflows of 1-8-1 steps", {{"runs", "5000"}, {"open", "256"}}}},
    {"backlog",
     {backlog,
      "time per task while a backlog drains",
      {{"sizes", "1000,10000,100000,1000000"},
       {"chunk", "500"},
       {"slots", "1000"}}}},
    {"actors",
     {live_actors, "memory of a task in progress", {{"live", "100000"}}}},
    {"crowd",
     {crowd,
      "tasks beside others that no agent can do",
      {{"idle", "1000000"}, {"tasks", "1000"}, {"times", "20"}}}},
    {"timeouts",
     {timeouts,
      "memory after many timeouts that were armed and cancelled",
      {{"timeouts", "1000000"}, {"live", "100000"}}}},
    {"look",
     {look,
      "questions about one large run while it runs",
      {{"tasks", "100000"}, {"times", "100"}}}},
    {"allocate",
     {allocate,
      "decisions of the coordinator, without a store",
      {{"agents", "10000"}, {"capabilities", "100"}, {"queued", "1000000"}}}},
    {"recovery",
     {recovery,
      "kill -9 in the middle, and a new start",
      {{"tasks", "10000"}}}},
    {"restart",
     {agent_restart,
      "from an agent's crash to its next task",
      {{"samples", "500"}}}},
    {"cancel",
     {cancel,
      "from one call to the last process gone",
      {{"children", "50"}, {"samples", "10"}}}},
    {"makespan",
     {makespan,
      "recorded workflows beside an ideal list schedule",
      {{"files", "examples/wfcommons/*.json"},
       {"slots", "2,4,8,16,32,64"},
       {"ms", "2000"}}}},
    {"plan", {plan, "reading and planning a workflow", {{"tasks", "10000"}}}},
    {"decompose",
     {decompose,
      "from a strategy to its tasks in the store",
      {{"tasks", "100"}, {"samples", "50"}}}},
    {"start",
     {start,
      "from exec to a ready node",
      {{"samples", "9"}, {"waiting", "0"}}}}};
}

const benchmarks& all_benchmarks() {
  static const auto all = [] {
    auto x = in_process();
    x.merge(over_http());
    return x;
  }();
  return all;
}

void print_usage(std::ostream& out) {
  out << "Usage: troupe bench NAME [--json] [--memory] [--shards N] "
         "[--threads N] [SETTING]...\n\n";
  for (const auto& [name, x] : all_benchmarks()) {
    out << "  " << name << std::string(12 - name.size(), ' ') << x.about;
    for (const auto& [setting, value] : x.settings)
      out << "\n" << std::string(16, ' ') << "--" << setting << ' ' << value;
    out << '\n';
  }
  out << "\nDurable (SQLite, synchronous=FULL) in the working directory, "
         "unless --memory.\nWhat each figure says: docs/benchmarks.md\n";
}

/// Or several.
bool is_number(const std::string& value) {
  return !value.empty() && value.find_first_not_of("0123456789,") == value.npos;
}

/// What is wrong with the arguments; empty: nothing.
std::string problem(const benchmark& x, const settings& given) {
  for (const auto& [name, value] : given.all()) {
    auto common = name == "json" || name == "memory";
    auto number = name == "shards" || name == "threads";
    auto word = false;
    for (const auto& [known, otherwise] : x.settings)
      if (known == name)
        (is_number(otherwise) ? number : word) = true;
    if (!common && !number && !word)
      return "unknown setting --" + name;
    if (number && !is_number(value))
      return "--" + name + " must be a number, it is `" + value + "`";
  }
  return {};
}

json machine() {
  utsname name{};
  uname(&name);
  std::ifstream info{"/proc/cpuinfo"};
  std::string line, cpu;
  while (cpu.empty() && std::getline(info, line))
    if (line.starts_with("model name"))
      cpu = line.substr(line.find(':') + 2);
  return {{"cpu", cpu},
          {"cores", std::thread::hardware_concurrency()},
          {"kernel", name.release}};
}

void print_table(const json& report) {
  std::cout << report["bench"].get<std::string>() << '\n';
  for (const auto& [name, value] : report.items())
    if (name != "bench")
      std::cout << "  " << name
                << std::string(name.size() < 18 ? 18 - name.size() : 1, ' ')
                << (value.is_string() ? value.get<std::string>() : value.dump())
                << '\n';
}

int run_one(const std::string& name, const std::vector<std::string>& args) {
  settings s{args};
  const auto& which = all_benchmarks().at(name);
  if (auto wrong = problem(which, s); !wrong.empty()) {
    std::cerr << "troupe bench " << name << ": " << wrong
              << "; `troupe bench --help` lists all\n";
    return 2;
  }
  auto result = which.run(s);
  json report{{"bench", name},
              {"version", version()},
              {"machine", machine()},
              {"settings", s.used()}};
  report.update(result.values);
  if (s.has("json"))
    std::cout << report.dump() << std::endl;
  else
    print_table(report);
  return 0;
}

} // namespace

} // namespace troupe::bench

namespace troupe::cli {

int run_bench(const std::vector<std::string>& args) {
  using namespace bench;
  if (!args.empty() && args.front() == "recovery-child")
    return recovery_child({args.begin() + 1, args.end()});
  if (!args.empty() && args.front() == "start-child")
    return start_child({args.begin() + 1, args.end()});
  if (!args.empty() && args.front() == "overload-child")
    return overload_child({args.begin() + 1, args.end()});
  if (!args.empty() && args.front() == "stream-child")
    return stream_child({args.begin() + 1, args.end()});
  if (args.empty() || !all_benchmarks().contains(args.front())) {
    auto asked = !args.empty() && (args[0] == "--help" || args[0] == "-h");
    if (!asked && !args.empty())
      std::cerr << "troupe bench: no benchmark `" << args[0] << "`\n\n";
    print_usage(asked ? std::cout : std::cerr);
    return asked ? 0 : 2;
  }
  try {
    return run_one(args.front(), {args.begin() + 1, args.end()});
  } catch (const std::exception& why) {
    std::cerr << "troupe bench: " << why.what() << '\n';
    return 1;
  }
}

} // namespace troupe::cli
