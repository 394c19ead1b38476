#include "core/queue_task.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/queue_plan.hpp"
#include "core/queue_words.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

json labels_of(const task_row& row) {
  auto x = json::parse(row.labels.view(), nullptr, false);
  return x.is_object() ? x : json::object();
}

json word_or_null(const json& labels, const char* name) {
  auto pos = labels.find(name);
  return pos == labels.end() ? json(nullptr) : *pos;
}

json time_or_null(instant at) {
  return at == no_instant ? json(nullptr) : json(to_rfc3339(at));
}

json payload(const text& x) {
  return x.empty() ? json(nullptr) : json::parse(x.view(), nullptr, false);
}

/// Of the run, and so of its tasks: an id says when it was made.
instant made_at(const task_row& row) {
  return instant{std::chrono::milliseconds{row.key.high >> 16}};
}

json input_of(const json& labels) {
  auto kind = labels.value("kind", "activity");
  json x{{"strategy_id", labels.value("strategy_id", "")}};
  if (kind != "activity") {
    x[kind] = labels.value("subject", "");
    return x;
  }
  x["phase_name"] = labels.value("phase", "");
  x["activity"] = labels.value("subject", "");
  x["content_focus"] = labels.value("focus", "");
  return x;
}

json dependencies_of(const task_row& row, const json& labels) {
  auto list = json::array();
  auto all = labels.value("depends_on", "");
  for (std::string_view rest = all; !rest.empty();) {
    auto end = std::min(rest.find(','), rest.size());
    auto number =
      std::strtoul(std::string{rest.substr(0, end)}.c_str(), nullptr, 10);
    list.push_back(to_string(row.key.with(static_cast<uint32_t>(number))));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return list;
}

/// Tries are used up, and the last one failed of something that is tried again.
bool out_of_retries(const task_row& row) {
  return row.state == task_state::failed && row.retries >= queue_retries_max
         && retryable(row.error.kind);
}

/// What the agent said, without what was added on why there is no more try.
std::string plain_message(const task_row& row) {
  auto text = row.error.message;
  auto added =
    " (all " + std::to_string(queue_retries_max) + " retries are used)";
  if (text.ends_with(added))
    text.resize(text.size() - added.size());
  return text;
}

instant newest(const task_row& row) {
  return std::max({made_at(row), row.queued_at, row.started_at, row.ended_at});
}

} // namespace

std::string queue_agent(const task_row& row) {
  return labels_of(row).value("assigned_agent", "");
}

uint8_t queue_priority(const task_row& row, instant now) {
  auto due = from_rfc3339(labels_of(row).value("deadline", ""));
  if (due && *due - now <= urgent_within)
    return std::max(row.priority, urgent_priority);
  return row.priority;
}

queue_timing timing_of(const task_row& row, instant now) {
  return {row.type == "email", queue_priority(row, now) >= urgent_priority,
          row.retries > 0};
}

std::string queue_error_message(const task_row& row) {
  if (!row.error)
    return {};
  return (out_of_retries(row) ? "Max retries exceeded: " : "")
         + plain_message(row);
}

nlohmann::json queue_row(const task_row& row) {
  auto labels = labels_of(row);
  auto error = queue_error_message(row);
  return {{"id", to_string(row.key)},
          {"workspace_id", row.workspace},
          {"contact_id", word_or_null(labels, "contact_id")},
          {"task_description", labels.value("description", "")},
          {"task_type", row.type},
          {"assigned_agent", labels.value("assigned_agent", "")},
          {"priority", row.priority},
          {"status", to_string(queue_state_of(row.state))},
          {"depends_on", dependencies_of(row, labels)},
          {"input_data", input_of(labels)},
          {"output_data", payload(row.output)},
          {"error_message", error.empty() ? json(nullptr) : json(error)},
          {"started_at", time_or_null(row.started_at)},
          {"completed_at", time_or_null(row.ended_at)},
          {"retry_count", row.retries},
          {"max_retries", queue_retries_max},
          {"created_at", to_rfc3339(made_at(row))},
          {"updated_at", to_rfc3339(newest(row))}};
}

nlohmann::json queue_entry(const task_row& row, std::optional<double> progress,
                           instant now) {
  auto labels = labels_of(row);
  auto state = queue_state_of(row.state);
  double share = state == queue_state::completed     ? 1
                 : state != queue_state::in_progress ? 0
                                                     : progress.value_or(0.5);
  json x{
    {"id", to_string(row.key)},
    {"description", labels.value("description", "")},
    {"status", to_string(state)},
    {"priority", queue_priority(row, now)},
    {"assigned_agent", labels.value("assigned_agent", "")},
    {"progress_percentage", std::lround(std::clamp(share, 0.0, 1.0) * 100)},
    {"dependencies_met", row.state != task_state::waiting}};
  // As long again for each part that is left; without a report nobody knows.
  if (state == queue_state::in_progress && progress && *progress > 0
      && row.started_at != no_instant) {
    auto spent = std::chrono::duration<double>(now - row.started_at).count();
    x["eta_seconds"] = std::lround(spent * (1 - *progress) / *progress);
  }
  if (auto error = queue_error_message(row); !error.empty())
    x["error_message"] = error;
  return x;
}

execution execution_of(const audit_row& row) {
  auto x = json::parse(row.details.view(), nullptr, false);
  if (!x.is_object())
    return {};
  return {x.value("assigned_agent", ""),
          std::chrono::milliseconds{x.value("duration_ms", int64_t{0})}};
}

queue_log_entry queue_log_of(const task_row& row, instant at) {
  queue_log_entry x;
  x.task = row.key;
  x.status = to_string(queue_state_of(row.state));
  if (row.state == task_state::retrying)
    x.status = "retrying";
  if (row.started_at != no_instant && at > row.started_at)
    x.duration_ms = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(at - row.started_at)
        .count());
  auto count = std::to_string(row.retries);
  auto most = std::to_string(queue_retries_max);
  if (row.state == task_state::retrying)
    x.error = "Retry " + count + '/' + most + ": " + plain_message(row);
  else if (out_of_retries(row))
    x.error = "Failed after " + most + " retries: " + plain_message(row);
  else if (row.error)
    x.error = plain_message(row);
  if (out_of_retries(row))
    x.code = code_of(queue_error::max_retries_exceeded);
  else if (row.error.kind == category::timeout)
    x.code = code_of(queue_error::execution_timeout);
  return x;
}

std::optional<failure> cannot_work(const task_row& row) {
  auto task = "task " + to_string(row.key);
  auto in_this_state = [&](const std::string& hint) {
    return failure{errc::invalid_state, category::validation,
                   task + " is " + std::string{to_string(row.state)} + "; "
                     + hint};
  };
  switch (row.state) { // No default: -Wswitch finds the state you forgot.
    case task_state::queued:
      if (row.due == due_kind::held)
        return std::nullopt;
      return in_this_state("it is released and begins by itself");
    case task_state::waiting:
      return queue_failure(queue_error::dependency_not_met,
                           task
                             + " waits for others that are not completed; "
                               "see its depends_on");
    case task_state::failed:
    case task_state::rolled_back:
      if (out_of_retries(row))
        return queue_failure(queue_error::max_retries_exceeded,
                             task + " failed after "
                               + std::to_string(queue_retries_max)
                               + " retries: " + plain_message(row)
                               + "; retry it, with reset_retry_count for "
                                 "as many again");
      return in_this_state("retry it");
    case task_state::awaiting_approval:
      return in_this_state("somebody has to approve it");
    case task_state::retrying:
      return in_this_state("its next try begins by itself");
    case task_state::paused:
      return in_this_state("resume its run");
    case task_state::in_progress:
    case task_state::compensating:
      return in_this_state("it is being worked");
    case task_state::completed:
    case task_state::cancelled:
    case task_state::skipped:
      return in_this_state("nothing is left to be done");
  }
  return std::nullopt;
}

} // namespace troupe::core
