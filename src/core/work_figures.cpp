#include "core/work_figures.hpp"

namespace troupe::core {

namespace {

std::string_view word(decision_state x) {
  switch (x) {
    case decision_state::open:
      return "asked";
    case decision_state::approved:
      return "approved";
    case decision_state::rejected:
      return "rejected";
    case decision_state::expired:
      return "expired";
    case decision_state::void_:
      return "void";
  }
  return "unknown";
}

std::string_view type_of(const task_row& x) {
  return x.type.empty() ? std::string_view{"none"} : std::string_view{x.type};
}

/// What the newest attempt of a task came to; empty: it is not over.
std::string_view result_of(const task_row& x) {
  if (x.agent.empty() || x.started_at == no_instant)
    return {};
  switch (x.state) {
    case task_state::completed:
      return "completed";
    case task_state::failed:
    case task_state::retrying:
      return "failed";
    case task_state::cancelled:
      return "cancelled";
    default:
      return {};
  }
}

} // namespace

void work_figures::fold(const batch& x) {
  ++batches_;
  facts_ += x.count;
  for (const auto& row : x.runs)
    fold(row);
  for (const auto& row : x.tasks)
    fold(row);
  for (const auto& row : x.decisions)
    fold(row);
}

void work_figures::fold(const run_row& x) {
  if (x.fresh)
    ++accepted_.at({x.workspace});
  if (!terminal(x.state))
    return;
  ++runs_.at({x.workspace, to_string(x.state)});
  if (x.ended_at >= x.created_at)
    spans_.at({x.workspace}).add(x.ended_at - x.created_at);
}

void work_figures::fold(const task_row& x) {
  if (auto result = result_of(x); !result.empty())
    ++attempts_.at({x.agent, result});
  if (x.state == task_state::retrying)
    ++retries_;
  if (!terminal(x.state))
    return;
  auto type = type_of(x);
  ++ends_.at({x.workspace, type, to_string(x.state)});
  if (x.started_at == no_instant)
    return; // Nobody began it.
  auto& spent = times_.at({type});
  if (x.queued_at != no_instant && x.started_at >= x.queued_at)
    spent.waited.add(x.started_at - x.queued_at);
  if (x.ended_at >= x.started_at)
    spent.took.add(x.ended_at - x.started_at);
}

void work_figures::fold(const decision_row& x) {
  ++decisions_.at({x.workspace, word(x.state)});
}

void work_figures::add_to(metric_page& page) const {
  for (const auto& [key, n] : accepted_.all())
    page.counter("troupe_runs_accepted_total", "Runs that were accepted.",
                 static_cast<double>(n), {{"workspace", key[0]}});
  for (const auto& [key, n] : runs_.all())
    page.counter("troupe_runs_ended_total", "Runs that ended, by how.",
                 static_cast<double>(n),
                 {{"workspace", key[0]}, {"state", key[1]}});
  for (const auto& [key, spread] : spans_.all())
    page.histogram("troupe_run_duration_seconds",
                   "From the acceptance of a run to its end.", spread,
                   {{"workspace", key[0]}});
  for (const auto& [key, n] : ends_.all())
    page.counter("troupe_tasks_ended_total", "Tasks that ended, by how.",
                 static_cast<double>(n),
                 {{"workspace", key[0]}, {"type", key[1]}, {"state", key[2]}});
  for (const auto& [key, spent] : times_.all()) {
    page.histogram("troupe_task_wait_seconds",
                   "From a task's readiness to its newest start.", spent.waited,
                   {{"type", key[0]}});
    page.histogram("troupe_task_duration_seconds",
                   "From a task's newest start to its end.", spent.took,
                   {{"type", key[0]}});
  }
  for (const auto& [key, n] : attempts_.all())
    page.counter("troupe_agent_attempts_total",
                 "Attempts that ended, by agent and result.",
                 static_cast<double>(n),
                 {{"agent", key[0]}, {"result", key[1]}});
  for (const auto& [key, n] : decisions_.all())
    page.counter("troupe_decisions_total",
                 "Questions to people, asked and how they ended.",
                 static_cast<double>(n),
                 {{"workspace", key[0]}, {"state", key[1]}});
  page.counter("troupe_task_retries_total",
               "Attempts that failed and are tried again.",
               static_cast<double>(retries_));
  page.counter("troupe_facts_total", "Facts that were committed.",
               static_cast<double>(facts_));
  page.counter("troupe_batches_total", "Batches of shards, committed.",
               static_cast<double>(batches_));
}

} // namespace troupe::core
