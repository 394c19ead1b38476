#include "mcp/tool.hpp"

#include <initializer_list>

#include "mcp/people.hpp"
#include "mcp/watching.hpp"

// The tools: one table. Each but a few is an operation of core::api by another
// name, and what it takes is checked there, as for every other door.

namespace troupe::mcp {

using nlohmann::json;

namespace {

struct field {
  std::string_view name;
  json schema;
  bool required = false;
};

enum class effect : uint8_t { reads, changes, destroys };

json text_field(std::string_view what) {
  return {{"type", "string"}, {"description", what}};
}

json id_field(std::string_view what) {
  return {{"type", "string"}, {"format", "uuid"}, {"description", what}};
}

field need(std::string_view name, json schema) {
  return {name, std::move(schema), true};
}

json schema_of(std::initializer_list<field> fields) {
  json out{{"type", "object"}, {"properties", json::object()}};
  for (const auto& x : fields) {
    out["properties"][std::string{x.name}] = x.schema;
    if (x.required)
      out["required"].push_back(x.name);
  }
  out["additionalProperties"] = false;
  return out;
}

/// Where a run comes from, as at every door.
json source_schema(std::initializer_list<field> more) {
  auto out = schema_of({
    {"workflow", text_field("a workflow file's text, YAML or JSON; the "
                            "resource troupe://schema/workflow says its form")},
    {"definition",
     {{"type", "object"}, {"description", "the same as an object"}}},
    {"tasks",
     {{"type", "array"},
      {"items", {{"type", "object"}}},
      {"description", "a list of tasks: {type, name?, input?, depends_on?}"}}},
    {"name", text_field("of a registered workflow, also `name@version`")},
    {"input", {{"type", "object"}, {"description", "what the run is given"}}},
    {"priority",
     {{"type", {"integer", "string"}},
      {"description", "1 to 10, 10 is the most urgent, or low, normal, high, "
                      "urgent, critical; default 5"}}},
  });
  for (const auto& x : more)
    out["properties"][std::string{x.name}] = x.schema;
  out["description"] =
    "give exactly one of `workflow`, `definition`, `tasks` and `name`";
  return out;
}

json page_fields(json schema) {
  schema["properties"]["limit"] = {{"type", "integer"},
                                   {"minimum", 1},
                                   {"maximum", 1000},
                                   {"description", "how many at most"}};
  schema["properties"]["after"] =
    text_field("goes on after the `next` of the page before");
  return schema;
}

json hints_of(effect what) {
  return {{"readOnlyHint", what == effect::reads},
          {"destructiveHint", what == effect::destroys},
          {"idempotentHint", what == effect::reads},
          {"openWorldHint", false}};
}

/// A tool that is an operation: arguments are its params.
tool operation(std::string name, std::string title, effect what,
               std::string description, json schema, std::string op) {
  auto run = [op](const request_ptr& r) {
    auto params = arguments(*r);
    auto key = text_of(params, "idempotency_key");
    params.erase("idempotency_key");
    r->call(
      op, params,
      [r](const core::api_answer& got) {
        r->succeed(got.error ? failed_result(got) : value_result(body_of(got)));
      },
      key);
  };
  return {std::move(name),   std::move(title), std::move(description),
          std::move(schema), hints_of(what),   task_use::never,
          std::move(run)};
}

field run_field() {
  return need("run", id_field("id of the run"));
}

field task_field() {
  return need("task", id_field("id of the task"));
}

field key_field() {
  return {"idempotency_key",
          text_field("the same key gives the same run, however often it is "
                     "sent")};
}

/// One of them: what the operation itself insists on.
json run_or_task(std::initializer_list<field> more) {
  auto out = schema_of(
    {{"run", id_field("id of a run")}, {"task", id_field("or of one task")}});
  for (const auto& x : more)
    out["properties"][std::string{x.name}] = x.schema;
  return out;
}

/// `run` or `task`, whichever is named.
tool inspect_tool() {
  auto out = operation("inspect", "Look at a run or a task", effect::reads,
                       "One run, or one task, in full: state, progress, input, "
                       "output, error, attempts, and the agent that has it.",
                       run_or_task({}), "run");
  auto look = [](const request_ptr& r) {
    auto asked = arguments(*r);
    auto op = asked.contains("task") ? "task" : "run";
    r->call(op, asked, [r](const core::api_answer& got) {
      r->succeed(got.error ? failed_result(got) : value_result(body_of(got)));
    });
  };
  out.run = look;
  return out;
}

void add_work(tools& to) {
  to.push_back(operation(
    "plan", "Preview work", effect::reads,
    "Shows what a workflow would do before anything is done: steps in levels, "
    "the critical path, expected times, and where a person is asked.",
    source_schema({}), "plan"));
  to.push_back(operation(
    "submit", "Start work", effect::changes,
    "Starts a run and answers at once with its id; the run survives crashes of "
    "the node. `watch` waits for its end.",
    source_schema({key_field()}), "submit"));
  tool run{"run",
           "Start work and wait for its end",
           "Starts a run and follows it to its end, with progress. Where a "
           "person has to decide, it asks, or comes back and says what for.",
           source_schema({key_field(), {"timeout_s", wait_schema()}}),
           hints_of(effect::changes),
           task_use::may,
           run_and_watch};
  to.push_back(std::move(run));
  tool watch{"watch",
             "Wait for a run's end",
             "Follows a run until it ends, a person has to decide, or the time "
             "is over; then answers how it stands. Call it again to go on.",
             schema_of({run_field(), {"timeout_s", wait_schema()}}),
             hints_of(effect::reads),
             task_use::may,
             watch_run};
  to.push_back(std::move(watch));
  to.push_back(operation(
    "register", "Register a workflow", effect::changes,
    "Makes a workflow known by its name and version, to be started by name or "
    "used as a step of others.",
    schema_of(
      {{"workflow", text_field("the file's text, YAML or JSON")},
       {"definition",
        {{"type", "object"}, {"description", "the same as an object"}}}}),
    "register"));
}

void add_looks(tools& to) {
  to.push_back(inspect_tool());
  to.push_back(operation(
    "list_runs", "List runs", effect::reads, "Runs, newest first.",
    page_fields(schema_of({{"state",
                            {{"type", "string"},
                             {"enum",
                              {"queued", "running", "paused", "cancelling",
                               "completed", "failed", "cancelled"}}}},
                           {"name", text_field("of the workflow")}})),
    "runs"));
  to.push_back(operation(
    "list_tasks", "List tasks", effect::reads, "Tasks, of one run or of all.",
    page_fields(schema_of({{"run", id_field("of this run")},
                           {"state", text_field("in this state, e.g. failed")},
                           {"agent", text_field("with this agent")},
                           {"name", text_field("of this step")}})),
    "tasks"));
  to.push_back(operation("list_workflows", "List workflows", effect::reads,
                         "The registered workflows, by name.",
                         page_fields(schema_of({})), "workflows"));
  to.push_back(
    operation("report", "Sum up a run", effect::reads,
              "How a run went: times, agents, failures, the slowest tasks.",
              schema_of({run_field()}), "report"));
  to.push_back(operation(
    "audit", "Read the audit", effect::reads, "Who did what, newest first.",
    page_fields(schema_of({{"actor", text_field("only what this one did")},
                           {"action", text_field("only this, e.g. cancel")}})),
    "audit"));
  to.push_back(
    operation("explain", "Explain why", effect::reads,
              "Why a task waits and what for (dependencies, a person, an "
              "agent, a limit), "
              "or why that agent has it and who else could have had it.",
              run_or_task({}), "why"));
  to.push_back(
    operation("logs", "Read logs", effect::reads,
              "What agents said while they worked on a run or a task.",
              page_fields(run_or_task(
                {{"attempt", {{"type", "integer"}, {"minimum", 1}}}})),
              "logs"));
  to.push_back(operation(
    "history", "Read the history", effect::reads,
    "The recorded facts of a run in their order: who did what, and when.",
    page_fields(schema_of({run_field()})), "history"));
  to.push_back(
    operation("agents", "List agents", effect::reads,
              "Agents: what they can do, how busy they are, how well "
              "they did.",
              schema_of({}), "agents"));
  to.push_back(
    operation("status", "Look at the node", effect::reads,
              "The node: version, queue, live runs, store, warnings.",
              schema_of({}), "status"));
  to.push_back(operation(
    "tree", "Look at the supervision tree", effect::reads,
    "The live tree of actors.",
    schema_of({{"depth", {{"type", "integer"}, {"minimum", 0}}}}), "tree"));
}

void add_decisions(tools& to) {
  to.push_back(operation("approvals", "List open decisions", effect::reads,
                         "What waits for a person to decide.", schema_of({}),
                         "approvals"));
  auto comment = field{"comment", text_field("why; kept in the history")};
  auto by = field{"by", text_field("who decided")};
  tool approve{"approve",
               "Approve a task",
               "Lets a task go on that waits for a person. The decision is a "
               "person's: ask the user first. A client that can ask its user "
               "(elicitation) is made to.",
               schema_of({task_field(), comment, by}),
               hints_of(effect::destroys),
               task_use::never,
               approve_task};
  to.push_back(std::move(approve));
  to.push_back(
    operation("reject", "Reject a task", effect::changes,
              "Refuses a task that waits for a person; it fails, and "
              "what depends on it with it.",
              schema_of({task_field(), comment, by}), "reject"));
}

void add_commands(tools& to) {
  auto reason = field{"reason", text_field("why; kept in the history")};
  to.push_back(operation("cancel", "Cancel", effect::destroys,
                         "Cancels a run with all its tasks, or one task; what "
                         "is running is really stopped.",
                         run_or_task({reason}), "cancel"));
  to.push_back(operation("retry", "Try again", effect::changes,
                         "Runs failed tasks again: one, or all of a run.",
                         run_or_task({}), "retry"));
  to.push_back(operation("pause", "Pause a run", effect::changes,
                         "Starts no further task of a run until `resume`.",
                         schema_of({run_field()}), "pause"));
  to.push_back(operation("resume", "Resume a run", effect::changes,
                         "Lets a paused run go on.", schema_of({run_field()}),
                         "resume"));
  to.push_back(operation(
    "signal", "Send a signal", effect::changes,
    "Hands a named signal, with a payload, to the step of a run that waits for "
    "it.",
    schema_of({run_field(),
               need("name", text_field("of the signal")),
               {"payload",
                {{"type", {"object", "array", "string", "number", "boolean"}},
                 {"description", "any JSON"}}}}),
    "signal"));
}

} // namespace

tools node_tools() {
  tools out;
  add_work(out);
  add_looks(out);
  add_decisions(out);
  add_commands(out);
  return out;
}

json arguments(const request& of) {
  const auto& given = member(of.params, "arguments");
  return given.is_object() ? given : json::object();
}

const json& argument(const request& of, std::string_view name) {
  return member(member(of.params, "arguments"), name);
}

json shown(const tool& what, era to) {
  json out{{"name", what.name},
           {"title", what.title},
           {"description", what.description},
           {"inputSchema", what.input_schema}};
  if (!what.hints.is_null())
    out["annotations"] = what.hints;
  if (to == era::legacy)
    out["execution"] = {
      {"taskSupport", what.tasks == task_use::never ? "forbidden"
                      : what.tasks == task_use::may ? "optional"
                                                    : "required"}};
  return out;
}

} // namespace troupe::mcp
