#include "mcp/prompt.hpp"

#include "mcp/tool.hpp"

namespace troupe::mcp {

using nlohmann::json;

namespace {

handler says(std::string description, std::string (*text)(const request& r)) {
  return [description = std::move(description), text](const request_ptr& r) {
    r->succeed({{"description", description},
                {"messages", json::array({user_says(text(*r))})}});
  };
}

std::string given(const request& r, std::string_view name) {
  const auto& value = argument(r, name);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

std::string plan_work(const request& r) {
  return "I want this done: " + given(r, "goal")
         + "\n\nRead the resource troupe://schema/workflow and the tool "
           "`agents`, so that you know what a workflow may say and who there "
           "is to do the work. Write a workflow for it, show me its `plan`, "
           "and ask me before you `run` it.";
}

std::string explain_run(const request& r) {
  return "Tell me how the run " + given(r, "run")
         + " stands. Use `inspect`, `list_tasks` and `explain`: what is done, "
           "what is in progress, what waits and for what, and what I could do "
           "about it.";
}

std::string mend_run(const request& r) {
  return "The run " + given(r, "run")
         + " went wrong. Find out why with `list_tasks` (state failed), "
           "`inspect`, `logs` and `history`. Tell me the cause, and say "
           "whether a `retry` would help or what has to be changed first. Do "
           "not retry before I agree.";
}

std::string review_approval(const request& r) {
  return "The task " + given(r, "task")
         + " waits for my decision. Show me with `inspect` and `explain` what "
           "it would do, with what input, and what its run has done so far. "
           "Then ask me, and `approve` or `reject` as I say.";
}

} // namespace

prompts node_prompts() {
  prompt_argument run{"run", "id of the run", true, "run"};
  return {
    {"plan_work",
     "Plan some work",
     "Turns a wish into a workflow, shows its plan, asks before it starts",
     {{"goal", "what is to be done", true}},
     says("Plan work with Troupe", plan_work)},
    {"explain_run",
     "Explain a run",
     "How a run stands, what it waits for, what can be done",
     {run},
     says("Explain a run", explain_run)},
    {"mend_run",
     "Find out why a run failed",
     "The cause of a failure, and what would help",
     {run},
     says("Find the cause of a failure", mend_run)},
    {"review_approval",
     "Review an open decision",
     "Shows what waits for a decision, asks, records the answer",
     {{"task", "id of the task that waits", true, "task"}},
     says("Review an open decision", review_approval)},
  };
}

json shown(const prompt& what) {
  json out{{"name", what.name},
           {"title", what.title},
           {"description", what.description},
           {"arguments", json::array()}};
  for (const auto& x : what.arguments)
    out["arguments"].push_back({{"name", x.name},
                                {"description", x.description},
                                {"required", x.required}});
  return out;
}

json user_says(const std::string& text) {
  return {{"role", "user"}, {"content", {{"type", "text"}, {"text", text}}}};
}

} // namespace troupe::mcp
