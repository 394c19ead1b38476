#include "gateway/routes.hpp"
#include "gateway/stream_query.hpp"

namespace troupe::gateway {

namespace {

using enum route_kind;

constexpr body_rule source{body_form::source, {}};
constexpr body_rule tasks{body_form::tasks, {}};
constexpr body_rule definition{body_form::workflow, {}};

constexpr body_rule fields(std::string_view names) {
  return {body_form::fields, names};
}

constexpr std::string_view task_query = "run state agent name limit after";

constexpr route table[] = {
  {"POST", "/api/v1/runs", run_made, "submit", source, "input priority"},
  {"GET", "/api/v1/runs", call, "runs", {}, "state name limit after"},
  {"GET", "/api/v1/runs/{run}", call, "run", {}, ""},
  {"GET",
   "/api/v1/runs/{run}/tasks",
   call,
   "tasks",
   {},
   "state agent name limit after"},
  {"GET", "/api/v1/runs/{run}/why", call, "why", {}, ""},
  {"GET", "/api/v1/runs/{run}/logs", call, "logs", {}, "attempt limit after"},
  {"GET", "/api/v1/runs/{run}/history", call, "history", {}, "limit after"},
  {"GET", "/api/v1/runs/{run}/plan", call, "plan", {}, ""},
  {"GET", "/api/v1/runs/{run}/report", call, "report", {}, ""},
  {"GET", "/api/v1/runs/{run}/events", events, "", {}, run_stream_fields},
  {"POST", "/api/v1/runs/{run}/cancel", call, "cancel", fields("reason"), ""},
  {"POST", "/api/v1/runs/{run}/pause", call, "pause", {}, ""},
  {"POST", "/api/v1/runs/{run}/resume", call, "resume", {}, ""},
  {"POST", "/api/v1/runs/{run}/retry", call, "retry", {}, ""},
  {"POST", "/api/v1/runs/{run}/signal", call, "signal", fields("name payload"),
   ""},
  {"POST", "/api/v1/tasks", run_made, "submit", tasks, "estimate"},
  {"GET", "/api/v1/tasks", call, "tasks", {}, task_query},
  {"GET", "/api/v1/tasks/{task}", call, "task", {}, ""},
  {"GET", "/api/v1/tasks/{task}/logs", call, "logs", {}, "attempt limit after"},
  {"GET", "/api/v1/tasks/{task}/why", call, "why", {}, ""},
  {"POST", "/api/v1/tasks/{task}/cancel", call, "cancel", fields("reason"), ""},
  {"POST", "/api/v1/tasks/{task}/retry", call, "retry", {}, ""},
  {"POST", "/api/v1/tasks/{task}/approve", call, "approve",
   fields("comment by"), ""},
  {"POST", "/api/v1/tasks/{task}/reject", call, "reject", fields("comment by"),
   ""},
  {"POST", "/api/v1/plans", call, "plan", source, "input priority"},
  {"POST", "/api/v1/workflows", made, "register", definition, ""},
  {"GET", "/api/v1/workflows", call, "workflows", {}, "limit after"},
  {"GET", "/api/v1/workflows/{name}", call, "workflow", {}, "version"},
  {"GET", "/api/v1/workflows/{name}/diff", call, "diff", {}, "from to"},
  {"GET", "/api/v1/approvals", call, "approvals", {}, ""},
  {"GET", "/api/v1/decisions", call, "approvals", {}, ""},
  {"GET", "/api/v1/decisions/{task}", call, "decision", {}, ""},
  {"POST", "/api/v1/decisions/{task}", answer, "", fields("answer comment by"),
   ""},
  {"GET", "/api/v1/agents", call, "agents", {}, ""},
  {"POST", "/api/v1/agents/{agent}/drain", call, "drain", fields("undo"), ""},
  {"GET", "/api/v1/webhooks", call, "webhooks", {}, ""},
  {"GET", "/api/v1/dead-letters", call, "dead_letters", {}, ""},
  {"POST",
   "/api/v1/dead-letters/{letter}/redeliver",
   call,
   "redeliver",
   {},
   ""},
  {"POST", "/api/v1/agents/callback/{token}", call, "callback",
   fields("output tasks error"), ""},
  {"POST", "/api/v1/drain", call, "drain", fields("undo"), ""},
  {"POST", "/api/v1/reload", call, "reload", {}, ""},
  {"POST", "/api/v1/requests", made, "request",
   fields("description context priority constraints preferences session_id"),
   ""},
  {"GET", "/api/v1/requests/{request}", call, "request_status", {}, ""},
  {"GET", "/api/v1/state", call, "state", {}, "session_id limit after"},
  {"GET", "/api/v1/audit", call, "audit", {}, "actor action limit after"},
  {"GET", "/api/v1/audit/check", call, "audit_check", {}, ""},
  {"GET", "/api/v1/tree", call, "tree", {}, "depth"},
  {"GET", "/api/v1/status", call, "status", {}, ""},
  {"GET", "/api/v1/metrics", call, "metrics", {}, ""},
  {"POST", "/api/v1/backup", call, "backup", fields("path"), ""},
  {"POST", "/api/v1/tasks/{task}/release", call, "release", {}, ""},
  {"POST", "/api/v1/tasks/{task}/hold", call, "hold", {}, ""},
  {"POST", "/api/v1/strategies", made, "queue_strategy",
   fields("workspace_id id contact_id campaign_calendar content_pillars kpis"),
   ""},
  {"GET", "/api/v1/queue/metrics", call, "queue_metrics", {}, ""},
  {"GET",
   "/api/v1/queue",
   call,
   "queue_status",
   {},
   "task_id status assigned_agent limit after"},
  {"POST", "/api/v1/queue/decompose", made, "queue_decompose",
   fields("strategy_id auto_execute"), ""},
  {"POST", "/api/v1/queue/execute", queue_pass, "queue_execute",
   fields("task_id max_concurrent filter"), ""},
  {"POST", "/api/v1/queue/{task}/cancel", call, "queue_cancel",
   fields("reason"), ""},
  {"POST", "/api/v1/queue/{task}/retry", call, "queue_retry",
   fields("reset_retry_count"), ""},
  {"POST", "/api/tasks/decompose", made, "queue_decompose",
   fields("strategy_id workspace_id auto_execute"), ""},
  {"POST", "/api/tasks/execute", queue_pass, "queue_execute",
   fields("workspace_id task_id max_concurrent filter"), ""},
  {"GET",
   "/api/tasks/status",
   call,
   "queue_status",
   {},
   "workspace_id task_id status assigned_agent limit after"},
  {"POST", "/api/tasks/{task}/cancel", call, "queue_cancel",
   fields("workspace_id reason"), ""},
  {"POST", "/api/tasks/{task}/retry", call, "queue_retry",
   fields("workspace_id reset_retry_count"), ""},
  {"GET", "/api/v1/schema", schema, "", {}, ""},
  {"POST", "/mcp", mcp, "", {}, ""},
  {"GET", "/mcp", mcp, "", {}, ""},
  {"DELETE", "/mcp", mcp, "", {}, ""},
  {"GET", "/api/v1/openapi.json", openapi, "", {}, ""},
  {"GET", "/api/v1/events", events, "", {}, stream_fields},
  {"GET", "/api/v1/stream", socket, "", {}, "workspace"},
  {"GET", "/healthz", alive, "", {}, ""},
  {"GET", "/readyz", ready, "status", {}, ""},
  {"GET", "/metrics", figures, "metrics", {}, ""},
};

} // namespace

std::span<const route> routes() {
  return table;
}

} // namespace troupe::gateway
