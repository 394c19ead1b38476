#include "mcp/resource.hpp"

#include "core/workflow.hpp"
#include "mcp/wire.hpp"

// What can be read. Everything is an operation of core::api that only looks.

namespace troupe::mcp {

using nlohmann::json;

namespace {

using parts = std::vector<std::string>;

constexpr auto json_media = "application/json";

/// An operation with the template's parts as params of those names.
auto reads(std::string op, std::vector<std::string> names = {},
           json fixed = json::object()) {
  return [op = std::move(op), names = std::move(names),
          fixed = std::move(fixed)](const request_ptr& r, const parts& values) {
    auto params = fixed;
    for (size_t i = 0; i < names.size(); ++i)
      params[names[i]] = values.at(i);
    r->call(op, params, [r](const core::api_answer& got) {
      auto unknown =
        got.error.code == errc::not_found || got.error.code == errc::invalid;
      if (unknown)
        return not_found(r);
      if (got.error.code == errc::rejected)
        return r->fail(code::invalid_params, got.error.message);
      if (got.error)
        return r->fail(code::internal_error, got.error.message);
      answer_text(r, json_media, got.body.str());
    });
  };
}

void read_schema(const request_ptr& r, const parts&) {
  answer_text(r, "application/schema+json", core::workflow_schema());
}

/// "{name}" at the beginning: its length; 0: none.
size_t hole_at(std::string_view pattern) {
  return pattern.starts_with('{') ? pattern.find('}') + 1 : 0;
}

} // namespace

resources node_resources() {
  return {
    {"troupe://status", "status", "The node",
     "version, queue, live runs, store", json_media, reads("status")},
    {"troupe://runs", "runs", "Runs", "the newest runs", json_media,
     reads("runs", {}, {{"limit", 50}})},
    {"troupe://workflows", "workflows", "Workflows",
     "what is registered, by name", json_media, reads("workflows")},
    {"troupe://audit", "audit", "Audit", "who did what, newest first",
     json_media, reads("audit")},
    {"troupe://approvals", "approvals", "Open decisions",
     "what waits for a person", json_media, reads("approvals")},
    {"troupe://agents", "agents", "Agents",
     "what they can do, how busy they are", json_media, reads("agents")},
    {"troupe://schema/workflow", "workflow-schema", "Form of a workflow",
     "JSON Schema of workflow files", "application/schema+json", read_schema},
    {"troupe://runs/{run}", "run", "A run", "state, progress, input, output",
     json_media, reads("run", {"run"}), "run"},
    {"troupe://runs/{run}/tasks", "run-tasks", "Tasks of a run",
     "each with its state and agent", json_media,
     reads("tasks", {"run"}, {{"limit", 1000}}), "run"},
    {"troupe://runs/{run}/report", "run-report", "Report of a run",
     "times, agents, failures, the slowest tasks", json_media,
     reads("report", {"run"}), "run"},
    {"troupe://runs/{run}/why", "run-why", "Why a run waits",
     "what each waiting task waits for", json_media, reads("why", {"run"}),
     "run"},
    {"troupe://runs/{run}/logs", "run-logs", "Logs of a run",
     "what its agents said", json_media, reads("logs", {"run"}), "run"},
    {"troupe://runs/{run}/history", "run-history", "History of a run",
     "the recorded facts: who did what, and when", json_media,
     reads("history", {"run"}), "run"},
    {"troupe://tasks/{task}", "task", "A task",
     "state, attempts, agent, input, output", json_media,
     reads("task", {"task"})},
    {"troupe://tasks/{task}/logs", "task-logs", "Logs of a task",
     "what its agents said", json_media, reads("logs", {"task"})},
    {"troupe://plans/{workflow}", "plan", "Plan of a registered workflow",
     "levels, critical path, expected times", json_media,
     reads("plan", {"name"}), "workflow"},
  };
}

std::optional<parts> parts_of(const std::string& pattern,
                              const std::string& uri) {
  std::string_view wanted = pattern, given = uri;
  parts out;
  while (!wanted.empty()) {
    if (auto hole = hole_at(wanted)) {
      wanted.remove_prefix(hole);
      auto end = wanted.empty() ? given.size() : given.find(wanted.front());
      if (end == given.npos || end == 0
          || given.substr(0, end).find('/') != given.npos)
        return std::nullopt;
      out.emplace_back(given.substr(0, end));
      given.remove_prefix(end);
      continue;
    }
    if (given.empty() || given.front() != wanted.front())
      return std::nullopt;
    wanted.remove_prefix(1);
    given.remove_prefix(1);
  }
  if (!given.empty())
    return std::nullopt;
  return out;
}

json shown(const resource& what) {
  return {{what.is_template() ? "uriTemplate" : "uri", what.uri},
          {"name", what.name},
          {"title", what.title},
          {"description", what.description},
          {"mimeType", what.media}};
}

void answer_text(const request_ptr& r, const std::string& media,
                 const std::string& text) {
  json content{
    {"uri", text_of(r->params, "uri")}, {"mimeType", media}, {"text", text}};
  json result{{"contents", json::array({std::move(content)})}};
  if (r->spoken == era::modern) {
    result["ttlMs"] = 0;
    result["cacheScope"] = "private";
  }
  r->succeed(std::move(result));
}

void not_found(const request_ptr& r) {
  r->fail(r->spoken == era::modern ? code::invalid_params
                                   : code::resource_not_found,
          "there is no such resource; resources/list and "
          "resources/templates/list say what there is",
          {{"uri", text_of(r->params, "uri")}});
}

} // namespace troupe::mcp
