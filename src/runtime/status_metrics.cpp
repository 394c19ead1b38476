#include "runtime/status_metrics.hpp"

#include <nlohmann/json.hpp>

#include "core/metric_series.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// A figure of an answer, and what it is called among metrics.
struct figure {
  const char* pointer;
  core::metric_kind kind;
  const char* name;
  const char* help;
};

using enum core::metric_kind;

constexpr figure of_status[] = {
  {"/ready", gauge, "troupe_ready", "1 while new work is taken."},
  {"/draining", gauge, "troupe_draining", "1 while the node is drained."},
  {"/uptime_s", gauge, "troupe_uptime_seconds", "Since the node started."},
  {"/live_runs", gauge, "troupe_live_runs", "Runs in memory."},
  {"/running", gauge, "troupe_tasks_running", "Tasks that agents work on."},
  {"/queued", gauge, "troupe_tasks_ready",
   "Tasks that are ready and in memory."},
  {"/backlog", gauge, "troupe_tasks_backlog",
   "Tasks that are ready and only rows."},
  {"/store/size_bytes", gauge, "troupe_store_size_bytes", "The database file."},
  {"/store/wal_bytes", gauge, "troupe_store_wal_bytes", "Its write-ahead log."},
  {"/store/commits", counter, "troupe_store_commits_total",
   "Transactions of the journal."},
  {"/store/rows", counter, "troupe_store_rows_total", "Rows written."},
  {"/resources/disk_free_bytes", gauge, "troupe_disk_free_bytes",
   "Free on the disk of the data directory."},
  {"/resources/disk_total_bytes", gauge, "troupe_disk_size_bytes",
   "Size of that disk."},
  {"/resources/rss_bytes", gauge, "process_resident_memory_bytes",
   "Resident memory."},
  {"/resources/cpu_s", counter, "process_cpu_seconds_total",
   "Processor time, user and system."},
  {"/resources/open_files", gauge, "process_open_fds",
   "Open file descriptors."},
  {"/resources/open_files_max", gauge, "process_max_fds",
   "The most of them that there can be."},
};

bool is_figure(const json& x) {
  return x.is_number() || x.is_boolean();
}

double value_of(const json& x) {
  return x.is_boolean() ? (x.get<bool>() ? 1 : 0) : x.get<double>();
}

void add(core::metric_page& to, const figure& x, double value) {
  if (x.kind == counter)
    to.counter(x.name, x.help, value);
  else
    to.gauge(x.name, x.help, value);
}

uint64_t number_of(const json& x, const char* name) {
  auto pos = x.find(name);
  return pos != x.end() && pos->is_number_unsigned() ? pos->get<uint64_t>() : 0;
}

std::string word_of(const json& x, const char* name) {
  auto pos = x.find(name);
  return pos != x.end() && pos->is_string() ? pos->get<std::string>() : "";
}

struct crew_sum {
  uint64_t load = 0;
  uint64_t slots = 0;
  uint64_t lost = 0;
  uint64_t agents = 0;
};

void add_loads(core::metric_page& to,
               const core::metric_series<crew_sum, 1>& sums) {
  for (const auto& [key, x] : sums.all()) {
    core::metric_labels labels{{"agent", key[0]}};
    to.gauge("troupe_agent_load", "Tasks that the agent works on.",
             static_cast<double>(x.load), labels);
    to.gauge("troupe_agent_slots", "Tasks that it can work on at a time.",
             static_cast<double>(x.slots), labels);
    to.gauge("troupe_agent_lost_slots",
             "Slots that are held by code that does not end.",
             static_cast<double>(x.lost), std::move(labels));
  }
}

} // namespace

void add_status(core::metric_page& to, const json& status) {
  to.gauge("troupe_build_info", "1; the version is in the label.", 1,
           {{"version", word_of(status, "version")}});
  for (const auto& x : of_status) {
    json::json_pointer at{x.pointer};
    if (status.contains(at) && is_figure(status.at(at)))
      add(to, x, value_of(status.at(at)));
  }
  uint64_t warnings = 0;
  if (auto list = status.find("warnings"); list != status.end())
    for (const auto& x : *list)
      warnings += number_of(x, "times");
  to.gauge("troupe_warnings", "Warnings that `troupe status` shows.",
           static_cast<double>(warnings));
}

void add_agents(core::metric_page& to, const json& agents) {
  core::metric_series<crew_sum, 1> sums;
  core::metric_series<crew_sum, 1> states;
  auto list = agents.find("agents");
  if (list == agents.end())
    return;
  for (const auto& x : *list) {
    auto& sum = sums.at({word_of(x, "name")});
    sum.load += number_of(x, "load");
    sum.slots += number_of(x, "max_load");
    sum.lost += number_of(x, "lost_slots");
    ++states.at({word_of(x, "state")}).agents;
  }
  add_loads(to, sums);
  for (const auto& [key, x] : states.all())
    to.gauge("troupe_agents", "Agents, by state.",
             static_cast<double>(x.agents), {{"state", key[0]}});
}

} // namespace troupe::runtime
