#include "gateway/route_words.hpp"

#include <algorithm>

namespace troupe::gateway {

namespace {

constexpr route_words words[] = {
  {"POST", "/api/v1/runs", "Submit a workflow, or a list of tasks, as a run",
   "submit", ""},
  {"GET", "/api/v1/runs", "List runs, newest first", "runs", ""},
  {"GET", "/api/v1/runs/{run}", "Show a run in full", "run", ""},
  {"GET", "/api/v1/runs/{run}/tasks", "List the tasks of a run", "tasks", ""},
  {"GET", "/api/v1/runs/{run}/why", "Say what the tasks of a run wait for",
   "why", ""},
  {"GET", "/api/v1/runs/{run}/logs", "Read what the agents of a run said",
   "log-page", ""},
  {"GET", "/api/v1/runs/{run}/history", "Read what happened to a run",
   "history", ""},
  {"GET", "/api/v1/runs/{run}/plan", "Show how a run is meant to go", "plan",
   ""},
  {"GET", "/api/v1/runs/{run}/report", "Sum up how a run went", "report", ""},
  {"GET", "/api/v1/runs/{run}/events", "Follow a run live", "event", ""},
  {"POST", "/api/v1/runs/{run}/cancel", "Cancel a run", "change", ""},
  {"POST", "/api/v1/runs/{run}/pause", "Pause a run", "change", ""},
  {"POST", "/api/v1/runs/{run}/resume", "Let a paused run go on", "change", ""},
  {"POST", "/api/v1/runs/{run}/retry", "Retry the failed tasks of a run",
   "change", ""},
  {"POST", "/api/v1/runs/{run}/signal", "Send a run a signal", "signal",
   "name"},
  {"POST", "/api/v1/tasks", "Submit tasks as a run", "submit", ""},
  {"GET", "/api/v1/tasks", "List tasks", "tasks", ""},
  {"GET", "/api/v1/tasks/{task}", "Show a task in full", "task", ""},
  {"GET", "/api/v1/tasks/{task}/logs", "Read what the agents of a task said",
   "log-page", ""},
  {"GET", "/api/v1/tasks/{task}/why",
   "Say what a task waits for, or why that agent has it", "why", ""},
  {"POST", "/api/v1/tasks/{task}/cancel", "Cancel a task", "change", ""},
  {"POST", "/api/v1/tasks/{task}/retry", "Retry a failed task", "change", ""},
  {"POST", "/api/v1/tasks/{task}/approve", "Say yes to what a task asks",
   "decision", ""},
  {"POST", "/api/v1/tasks/{task}/reject", "Say no to what a task asks",
   "decision", ""},
  {"POST", "/api/v1/tasks/{task}/release", "Let a held task begin", "change",
   ""},
  {"POST", "/api/v1/tasks/{task}/hold",
   "Let a task wait for a release before its next try", "change", ""},
  {"POST", "/api/v1/strategies", "Keep a strategy for the task queue", "",
   "id"},
  {"GET", "/api/v1/queue/metrics", "Read the figures of the task queue", "",
   ""},
  {"GET", "/api/v1/queue", "List the tasks of the task queue", "queue", ""},
  {"POST", "/api/v1/queue/decompose", "Make tasks of a strategy", "decompose",
   "strategy_id"},
  {"POST", "/api/v1/queue/execute", "Work what is ready in the task queue",
   "execute", ""},
  {"POST", "/api/v1/queue/{task}/cancel", "Cancel a task of the task queue", "",
   ""},
  {"POST", "/api/v1/queue/{task}/retry",
   "Retry a failed task of the task queue", "", ""},
  {"POST", "/api/tasks/decompose", "Make tasks of a strategy", "decompose",
   "strategy_id"},
  {"POST", "/api/tasks/execute", "Work what is ready in the task queue",
   "execute", ""},
  {"GET", "/api/tasks/status", "List the tasks of the task queue", "queue", ""},
  {"POST", "/api/tasks/{task}/cancel", "Cancel a task of the task queue", "",
   ""},
  {"POST", "/api/tasks/{task}/retry", "Retry a failed task of the task queue",
   "", ""},
  {"POST", "/api/v1/plans", "Plan what a run would do; nothing is stored",
   "plan", ""},
  {"POST", "/api/v1/workflows", "Register a workflow under its name",
   "register", ""},
  {"GET", "/api/v1/workflows", "List the registered workflows", "workflows",
   ""},
  {"GET", "/api/v1/workflows/{name}",
   "Show a registered workflow and its versions", "definition", ""},
  {"GET", "/api/v1/workflows/{name}/diff",
   "Say how two versions of a workflow differ", "definition-diff", "from"},
  {"GET", "/api/v1/approvals", "List what waits for a person", "approvals", ""},
  {"GET", "/api/v1/decisions", "List what waits for a person", "approvals", ""},
  {"GET", "/api/v1/decisions/{task}", "Show what a task asks", "question", ""},
  {"POST", "/api/v1/decisions/{task}", "Answer what a task asks", "decision",
   "answer"},
  {"GET", "/api/v1/agents", "List the agents", "agents", ""},
  {"POST", "/api/v1/agents/{agent}/drain",
   "Give an agent no new work, or give it some again", "drain", ""},
  {"GET", "/api/v1/webhooks", "List where events are sent, and how far that is",
   "webhooks", ""},
  {"GET", "/api/v1/dead-letters", "List what could not be delivered",
   "dead-letters", ""},
  {"POST", "/api/v1/dead-letters/{letter}/redeliver",
   "Send once more what could not be delivered", "", ""},
  {"POST", "/api/v1/agents/callback/{token}",
   "Answer a task that came to an agent over HTTP", "", ""},
  {"POST", "/api/v1/drain", "Take no new runs, or take them again", "drain",
   ""},
  {"POST", "/api/v1/reload", "Read the configuration again", "config-reload",
   ""},
  {"POST", "/api/v1/requests", "Ask for something, and get a run that does it",
   "request", ""},
  {"GET", "/api/v1/requests/{request}", "Say how far a request is", "request",
   ""},
  {"GET", "/api/v1/state", "Show the runs, tasks and decisions of a session",
   "state", "session_id"},
  {"GET", "/api/v1/audit", "Read who did what, the newest first", "audit", ""},
  {"GET", "/api/v1/audit/check",
   "Say whether history is as it was written, of all workspaces", "audit-check",
   ""},
  {"GET", "/api/v1/tree", "Show the live supervision tree", "tree", ""},
  {"GET", "/api/v1/status", "Say how the node is", "status", ""},
  {"GET", "/api/v1/metrics", "Read the figures of the node", "metrics", ""},
  {"POST", "/api/v1/backup", "Copy the store to a file of the node's machine",
   "backup", "path"},
  {"GET", "/api/v1/schema", "Read the JSON Schema of workflow files", "", ""},
  {"GET", "/api/v1/openapi.json", "Read this document", "", ""},
  {"GET", "/api/v1/events", "Follow all runs of a workspace live", "event", ""},
  {"GET", "/api/v1/stream", "Follow many things live over one WebSocket", "",
   ""},
  {"POST", "/mcp", "Say something to the MCP server", "", ""},
  {"GET", "/mcp", "Hear what the MCP server has to say unasked", "", ""},
  {"DELETE", "/mcp", "End a session of the MCP server", "", ""},
  {"GET", "/metrics", "Read the figures of the node, as Prometheus does", "",
   ""},
  {"GET", "/healthz", "Say whether the process answers", "health", ""},
  {"GET", "/readyz", "Say whether the node takes work", "health", ""},
};

constexpr std::string_view id = R"({"type":"string","format":"uuid"})";
constexpr std::string_view text = R"({"type":"string"})";
constexpr std::string_view page_size =
  R"({"type":"integer","minimum":1,"maximum":1000})";
constexpr std::string_view version = R"({"type":"integer","minimum":1})";
constexpr std::string_view count = R"({"type":"integer","minimum":0})";

constexpr field_meaning meanings[] = {
  {"run", id, "a run"},
  {"task", id, "a task"},
  {"agent", R"({"type":"string","pattern":"^[A-Za-z0-9_.-]+$"})",
   "the name of an agent"},
  {"state", text, "only those in this state"},
  {"name", text, "a name: of a workflow, a step, or a signal"},
  {"limit", page_size, "at most so many"},
  {"after", text, "the cursor of the page or event before"},
  {"attempt", count, "only this attempt"},
  {"version", version, "of the workflow; else the newest"},
  {"from", version, "the older version"},
  {"to", version, "the newer version; else the newest"},
  {"depth", count, "so many levels"},
  {"input", R"({})", "what the run is given"},
  {"priority",
   R"({"anyOf":[{"type":"integer","minimum":1,"maximum":10},{"enum":["low","normal","high","urgent","critical"]}]})",
   "10 is the most urgent"},
  {"estimate", R"({"type":"boolean"})",
   "and say of each task when it may begin"},
  {"request", id, "a request"},
  {"description", text, "what is wanted"},
  {"context", R"({"type":"object"})",
   "what is to be done: `workflow` (a name), `definition`, `tasks` or `task`; "
   "and its `input`"},
  {"constraints", R"({"type":"object"})", "none is understood yet"},
  {"preferences", R"({"type":"object"})", "none is understood yet"},
  {"session_id", text, "what the request belongs to, to find it by"},
  {"actor", text, "only what this principal did"},
  {"action", text, "only this verb"},
  {"kinds", text, "kinds of events or groups of them, with commas between"},
  {"workspace", R"({"type":"string","pattern":"^[!-~]{1,64}$"})",
   "the tenant, for clients that cannot send the header"},
  {"reason", text, "why, for those who ask later"},
  {"payload", R"({})", "what comes with the signal"},
  {"comment", text, "for those who read the decision later"},
  {"by", text, "who decided"},
  {"answer", R"({"type":"string","enum":["approve","reject"]})",
   "what is decided"},
  {"undo", R"({"type":"boolean"})", "take new work again"},
  {"path", text, "a file on the node's machine"},
  {"id", id, "the name of a strategy among programs"},
  {"workspace_id", R"({"type":"string"})", "the tenant"},
  {"contact_id", R"({})", "whom the work is for; its tasks have it, too"},
  {"campaign_calendar", R"({"type":"object"})", "its `phases`"},
  {"content_pillars", R"({"type":"array"})", "`name`, `percentage_allocation`"},
  {"kpis", R"({"type":"array"})", "`metric_name`"},
  {"strategy_id", id, "a strategy"},
  {"auto_execute", R"({"type":"boolean"})", "and work the queue at once"},
  {"max_concurrent", R"({"type":"integer","minimum":1})", "tasks at a time"},
  {"filter", R"({"type":"object"})",
   "`priority_min`, `task_type`, `assigned_agent`"},
  {"task_id", id, "a task"},
  {"status", text, "only those in this state"},
  {"assigned_agent", text, "only those of this agent"},
  {"reset_retry_count", R"({"type":"boolean"})", "count retries anew"},
  {"letter", R"({"type":"string","pattern":"^[A-Za-z0-9_.-]+$"})",
   "something that could not be delivered"},
  {"token", R"({"type":"string","pattern":"^[A-Za-z0-9_.-]+$"})",
   "what the agent was given to answer with, once"},
  {"output", R"({})", "what the task gives"},
  {"tasks", R"({"type":"array"})", "what is to be done as well"},
  {"error", R"({"type":"object"})", "why the task failed"},
};

} // namespace

std::span<const route_words> all_route_words() {
  return words;
}

const route_words* words_of(std::string_view method, std::string_view pattern) {
  const auto* found =
    std::find_if(std::begin(words), std::end(words), [&](const auto& x) {
      return x.method == method && x.pattern == pattern;
    });
  return found == std::end(words) ? nullptr : found;
}

std::span<const field_meaning> all_field_meanings() {
  return meanings;
}

const field_meaning* meaning_of(std::string_view field) {
  const auto* found =
    std::find_if(std::begin(meanings), std::end(meanings),
                 [&](const auto& x) { return x.name == field; });
  return found == std::end(meanings) ? nullptr : found;
}

} // namespace troupe::gateway
