#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "troupe/node.hpp"

// What all benchmarks share: settings from the command line, clocks, reports.

namespace troupe::bench {

using steady = std::chrono::steady_clock;

/// `--tasks 1000` and the like.
class settings {
public:
  explicit settings(const std::vector<std::string>& args);

  uint64_t number(const std::string& name, uint64_t otherwise);
  std::string word(const std::string& name, const std::string& otherwise);
  std::vector<uint64_t> numbers(const std::string& name,
                                const std::vector<uint64_t>& otherwise);
  bool has(const std::string& name) const;
  /// As they were given.
  const std::vector<std::pair<std::string, std::string>>& all() const {
    return given_;
  }
  /// Everything that was asked for, with its value.
  const nlohmann::json& used() const { return used_; }

private:
  std::vector<std::pair<std::string, std::string>> given_;
  nlohmann::json used_ = nlohmann::json::object();
};

struct figures {
  nlohmann::json values = nlohmann::json::object();
};

/// Throws what went wrong; `troupe bench` prints it.
void must(const failure& why);
double seconds_since(steady::time_point begin);
double cpu_seconds(); // Of this process, user and system.
double resident_mb(); // Now.
double peak_mb();
double quantile(std::vector<double> values, double q);
double rounded(double x, int digits = 2);

/// A directory for a store, gone with the object. On the disk of the working
/// directory, because /tmp may be memory.
class scratch {
public:
  scratch();
  ~scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// Durable, as everybody gets it; `--memory` for the store in memory.
node_options options_for(settings& s, const scratch& where);

/// An agent that does nothing, in process.
void add_noop(node& to, uint32_t max_load = 1000);

/// n tasks for it, as a list.
std::string noop_tasks(uint64_t first, uint64_t n);

/// Tasks that no agent of the node can do, 500 a run.
void submit_idle(node& to, uint64_t tasks);

figures throughput(settings& s);
figures latency(settings& s);
figures dag(settings& s);
figures backlog(settings& s);
figures live_actors(settings& s);
figures allocate(settings& s);
figures recovery(settings& s);
figures agent_restart(settings& s);
figures cancel(settings& s);
figures plan(settings& s);
figures makespan(settings& s);
figures start(settings& s);
figures crowd(settings& s);
figures timeouts(settings& s);
figures look(settings& s);
figures http(settings& s);
figures stored(settings& s);
figures overload(settings& s);
figures stream(settings& s);
figures decompose(settings& s);

/// Benchmarks run these in processes of their own.
int recovery_child(const std::vector<std::string>& args);
int start_child(const std::vector<std::string>& args);
int overload_child(const std::vector<std::string>& args);
int stream_child(const std::vector<std::string>& args);

} // namespace troupe::bench
