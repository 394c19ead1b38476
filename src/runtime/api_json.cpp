#include "runtime/api_json.hpp"

#include <algorithm>
#include <cstdio>

#include "core/payload_brief.hpp"
#include "core/progress.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

json payload(const core::text& x) {
  if (x.empty())
    return nullptr;
  auto value = json::parse(x.view(), nullptr, false);
  return value.is_discarded() ? json(x.str()) : value;
}

/// A list has only the size of a large one: "input_bytes" instead of "input".
void add_payload(json& to, const std::string& name, const core::text& x) {
  if (auto bytes = core::left_out_bytes(x))
    to[name + "_bytes"] = *bytes;
  else
    to[name] = payload(x);
}

void add_time(json& to, const char* name, core::instant t) {
  if (t != core::no_instant)
    to[name] = core::to_rfc3339(t);
}

std::string_view word(core::due_kind x) {
  switch (x) {
    case core::due_kind::none:
      return "none";
    case core::due_kind::retry:
      return "retry";
    case core::due_kind::timeout:
      return "timeout";
    case core::due_kind::sleep:
      return "sleep";
    case core::due_kind::signal:
      return "signal";
    case core::due_kind::approval:
      return "approval";
    case core::due_kind::not_before:
      return "not_before";
    case core::due_kind::snooze:
      return "snooze";
    case core::due_kind::deadline:
      return "deadline";
    case core::due_kind::held:
      return "held";
  }
  return "none";
}

} // namespace

std::string iso_duration(core::duration x) {
  auto seconds = std::chrono::duration<double>(x).count();
  char text[48];
  std::snprintf(text, sizeof text, "PT%.3fS", std::max(0.0, seconds));
  return text;
}

json to_json(const failure& why) {
  return {{"code", to_string(why.code)},
          {"category", to_string(why.kind)},
          {"message", why.message}};
}

json to_json(const core::run_row& row) {
  json x{{"run", core::to_string(row.key)},
         {"workspace", row.workspace},
         {"name", row.name},
         {"version", row.version},
         {"state", core::to_string(row.state)},
         {"priority", row.priority},
         {"principal", row.by.principal},
         {"labels", payload(row.labels)}};
  add_payload(x, "input", row.input);
  add_payload(x, "output", row.output);
  auto& counts = x["counts"] = json::object();
  core::progress_question ask;
  for (size_t i = 0; i < row.counts.size() && i < ask.counts.size(); ++i) {
    ask.counts[i] = row.counts[i];
    if (row.counts[i] > 0)
      counts[std::string{core::to_string(static_cast<core::task_state>(i))}] =
        row.counts[i];
  }
  auto how_far = core::progress_of(ask);
  x["total"] = how_far.total;
  x["percent"] = how_far.percent;
  if (row.error)
    x["error"] = to_json(row.error);
  if (row.parent)
    x["parent"] = core::to_string(row.parent.with(row.parent_task));
  if (!row.definition.empty())
    x["hash"] = row.definition;
  if (!row.idempotency_key.empty())
    x["idempotency_key"] = row.idempotency_key;
  add_time(x, "created_at", row.created_at);
  add_time(x, "started_at", row.started_at);
  add_time(x, "ended_at", row.ended_at);
  add_time(x, "updated_at", row.updated_at);
  add_time(x, "deadline", row.deadline);
  add_time(x, "paused_at", row.paused_at);
  return x;
}

json to_json(const core::task_row& row) {
  json x{{"task", core::to_string(row.key)},
         {"run", core::to_string(row.key.run())},
         {"name", row.name},
         {"type", row.type},
         {"state", core::to_string(row.state)},
         {"priority", row.priority},
         {"attempt", row.attempt},
         {"retries", row.retries}};
  add_payload(x, "input", row.input);
  add_payload(x, "output", row.output);
  if (!row.agent.empty())
    x["agent"] = row.agent;
  if (!row.score.empty())
    x["score"] = payload(row.score);
  if (row.fallback != 0)
    x["fallback"] = true;
  if (x.contains("score") && x["score"].contains("cache"))
    x["cached"] = true;
  if (row.error)
    x["error"] = to_json(row.error);
  if (row.parent != 0)
    x["parent"] = core::to_string(row.key.with(row.parent));
  add_time(x, "queued_at", row.queued_at);
  add_time(x, "started_at", row.started_at);
  add_time(x, "ended_at", row.ended_at);
  if (row.due != core::due_kind::none) {
    x["due"] = word(row.due);
    add_time(x, "due_at", row.due_at);
  }
  return x;
}

json to_json(const core::attempt_row& row) {
  json x{{"attempt", row.attempt}, {"agent", row.agent}};
  if (!row.score.empty())
    x["score"] = payload(row.score);
  if (row.error)
    x["error"] = to_json(row.error);
  add_time(x, "started_at", row.started_at);
  add_time(x, "ended_at", row.ended_at);
  return x;
}

json to_json(const core::decision_row& row) {
  json x{{"task", core::to_string(row.task)},
         {"run", core::to_string(row.task.run())},
         {"question", row.question},
         {"by", row.by}};
  add_time(x, "asked_at", row.asked_at);
  add_time(x, "due_at", row.due_at);
  return x;
}

core::api_answer answer_with(const json& body) {
  core::api_answer x;
  x.body = core::text{body.dump()};
  return x;
}

core::api_answer refuse(core::problems all) {
  core::api_answer x;
  // One that has no line is said at once: it is not of a file.
  auto alone = all.size() == 1 && all[0].line == 0;
  x.error = {errc::invalid, category::validation,
             alone ? all[0].what
                   : std::to_string(all.size())
                       + (all.size() == 1 ? " problem" : " problems")};
  x.problems = std::move(all);
  return x;
}

core::api_answer refuse(errc code, std::string message) {
  core::api_answer x;
  x.error = {code, category::unknown, std::move(message)};
  if (code == errc::overloaded || code == errc::restarting)
    x.retry_after = std::chrono::seconds{1};
  if (code == errc::store_full)
    x.retry_after = std::chrono::seconds{10};
  return x;
}

core::api_answer refuse(const failure& why) {
  auto x = refuse(why.code, why.message);
  x.error.kind = why.kind;
  return x;
}

} // namespace troupe::runtime
