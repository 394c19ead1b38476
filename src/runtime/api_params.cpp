#include "runtime/api_params.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/priority_words.hpp"
#include "core/reader.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

using names = std::vector<std::string_view>;

const names sources{"workflow", "definition", "tasks", "name"};

/// Where a run comes from, and what it is given.
names source_and(names more) {
  names all = sources;
  all.insert(all.end(), {"input", "priority", "format", "time_scale"});
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const std::map<std::string_view, names>& fields_by_operation() {
  static const std::map<std::string_view, names> all{
    {"submit", source_and({"wait", "estimate"})},
    {"plan", source_and({"run"})},
    {"register", {"workflow", "definition", "format", "time_scale"}},
    {"workflow", {"name", "version"}},
    {"workflows", {"limit", "after"}},
    {"diff", {"name", "from", "to"}},
    {"request",
     {"description", "context", "priority", "constraints", "preferences",
      "session_id"}},
    {"request_status", {"request"}},
    {"state", {"session_id", "limit", "after"}},
    {"audit", {"actor", "action", "limit", "after"}},
    {"audit_check", {}},
    {"report", {"run"}},
    {"decision", {"task"}},
    {"run", {"run"}},
    {"runs", {"state", "name", "limit", "after"}},
    {"tasks", {"run", "state", "agent", "name", "limit", "after"}},
    {"task", {"task"}},
    {"logs", {"run", "task", "attempt", "limit", "after"}},
    {"history", {"run", "limit", "after"}},
    {"approvals", {}},
    {"why", {"run", "task"}},
    {"tree", {"depth"}},
    {"agents", {}},
    {"drain", {"agent", "undo"}},
    {"reload", {}},
    {"status", {}},
    {"webhooks", {}},
    {"dead_letters", {}},
    {"redeliver", {"letter"}},
    {"callback", {"token", "output", "tasks", "error"}},
    {"metrics", {"text"}},
    {"backup", {"path"}},
    {"cancel", {"run", "task", "reason"}},
    {"pause", {"run"}},
    {"resume", {"run"}},
    {"retry", {"run", "task"}},
    {"release", {"task"}},
    {"hold", {"task"}},
    {"queue_strategy",
     {"id", "contact_id", "campaign_calendar", "content_pillars", "kpis"}},
    {"queue_decompose", {"strategy_id", "auto_execute"}},
    {"queue_execute", {"task_id", "max_concurrent", "filter", "async"}},
    {"queue_status", {"task_id", "status", "assigned_agent", "limit", "after"}},
    {"queue_cancel", {"task", "reason"}},
    {"queue_retry", {"task", "reset_retry_count"}},
    {"queue_metrics", {}},
    {"signal", {"run", "name", "payload"}},
    {"approve", {"task", "comment", "by"}},
    {"reject", {"task", "comment", "by"}},
  };
  return all;
}

void add(core::problems& to, std::string_view field, std::string what,
         std::string hint) {
  to.push_back(
    {"/" + std::string{field}, 0, 0, std::move(what), std::move(hint)});
}

std::string listed(std::span<const std::string_view> all) {
  std::string out;
  for (auto x : all)
    out += (out.empty() ? "`" : ", `") + std::string{x} + "`";
  return out;
}

void check_known(const json& params, const names& known, core::problems& out) {
  for (const auto& [field, value] : params.items()) {
    if (std::find(known.begin(), known.end(), field) != known.end())
      continue;
    auto hint = core::did_you_mean(field, known);
    if (hint.empty())
      hint =
        known.empty() ? "it takes no fields" : "known are " + listed(known);
    add(out, field, "unknown field `" + field + "`", std::move(hint));
  }
}

/// Empty: the value is of the field's type, or the operation itself looks.
std::string_view wanted_type(std::string_view field, const json& value) {
  if (field == "wait" || field == "undo" || field == "text" || field == "async"
      || field == "estimate" || field == "auto_execute"
      || field == "reset_retry_count")
    return value.is_boolean() ? "" : "true or false";
  if (field == "priority")
    return priority_of(value) ? ""
                              : "a whole number from 1 to 10, or low, normal, "
                                "high, urgent or critical";
  if (field == "time_scale")
    return value.is_number() && value >= 0 ? "" : "a number, 0 or more";
  if (field == "definition" || field == "context" || field == "constraints"
      || field == "preferences")
    return value.is_object() ? "" : "an object";
  if (field == "tasks")
    return value.is_array() || value.is_string() ? "" : "a list";
  if (field == "format")
    return value == "wfcommons" ? "" : "`wfcommons`";
  for (auto other :
       {"input", "payload", "limit", "depth", "attempt", "version", "from",
        "to", "output", "error", "max_concurrent", "filter", "contact_id",
        "campaign_calendar", "content_pillars", "kpis"})
    if (field == other)
      return "";
  return value.is_string() ? "" : "a text";
}

void check_types(const json& params, const names& known, core::problems& out) {
  for (auto field : known)
    if (auto pos = params.find(field); pos != params.end())
      if (auto type = wanted_type(field, *pos); !type.empty())
        add(out, field,
            "`" + std::string{field} + "` must be " + std::string{type},
            "write it so, or leave it out");
}

/// Where two of them stand, nobody knows which one was meant.
void check_one_of(const json& params, const names& group, core::problems& out) {
  names there;
  for (auto x : group)
    if (params.contains(x))
      there.push_back(x);
  if (there.size() > 1)
    add(out, there[1], "the fields " + listed(there) + " contradict each other",
        "keep one of them");
}

void check_together(const json& params, core::problems& out) {
  if (params.contains("format") && !params.contains("workflow"))
    add(out, "format", "`format` does nothing without `workflow`",
        "give the file's text as `workflow`, or leave it out");
  if (params.contains("time_scale") && !params.contains("format"))
    add(out, "time_scale", "`time_scale` does nothing without `format`",
        "add `\"format\": \"wfcommons\"`, or leave it out");
}

} // namespace

std::optional<uint8_t> priority_of(const json& value) {
  if (value.is_string())
    return core::priority_from(value.get_ref<const std::string&>());
  if (value.is_number_integer() && value >= 1 && value <= 10)
    return value.get<uint8_t>();
  return std::nullopt;
}

std::vector<std::string_view> operations() {
  std::vector<std::string_view> out;
  for (const auto& [name, fields] : fields_by_operation())
    out.push_back(name);
  return out;
}

std::span<const std::string_view> fields_of(std::string_view op) {
  auto pos = fields_by_operation().find(op);
  if (pos == fields_by_operation().end())
    return {};
  return pos->second;
}

core::problems params_problems(std::string_view op, const json& params) {
  core::problems out;
  auto pos = fields_by_operation().find(op);
  if (pos == fields_by_operation().end())
    return out;
  const auto& known = pos->second;
  check_known(params, known, out);
  check_types(params, known, out);
  auto takes_source =
    std::find(known.begin(), known.end(), "workflow") != known.end();
  if (takes_source) {
    check_one_of(params, sources, out);
    check_together(params, out);
  } else {
    check_one_of(params, {"run", "task"}, out);
  }
  return out;
}

} // namespace troupe::runtime
