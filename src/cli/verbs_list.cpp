#include <ostream>

#include "cli/follow.hpp"
#include "cli/listing.hpp"
#include "cli/progress_view.hpp"
#include "cli/reference.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

// JSON as it came, or what `draw` makes of it.
template <class F>
int show(verb_call& call, const json& answer, F draw) {
  if (call.json())
    call.out() << answer.dump() << '\n';
  else
    call.out() << draw();
  return exit_ok;
}

std::string or_nothing(const table& rows, const std::string& nothing) {
  return rows.empty() ? nothing + "\n" : rows.text();
}

/// Who did it, and whether that was not the step's own agent.
std::string worker_of(const json& task) {
  if (task.value("cached", false))
    return "(cache)";
  auto agent = text_of(task, "agent");
  if (task.value("fallback", false))
    return agent.empty() ? "(fallback)" : agent + " (fallback)";
  return agent;
}

listing list_runs(verb_call& call) {
  auto got = call.ask("runs", page_params(call, {"state", "name", "after"}));
  table rows{{"RUN", "NAME", "STATE", ">DONE", ">TASKS", "CREATED"}};
  for (const auto& x : items(got, "runs"))
    rows.add(
      {text_of(x, "run"),
       text_of(x, "name") + (text_of(x, "parent").empty() ? "" : " (sub-run)"),
       text_of(x, "state"), percent(number_of(x, "percent") / 100),
       std::to_string(count_of(x, "total")),
       short_time(text_of(x, "created_at"))});
  auto text = or_nothing(rows, "No runs. Begin with `troupe submit FILE`.");
  return {std::move(got), std::move(text)};
}

listing list_tasks(verb_call& call) {
  auto params = page_params(call, {"state", "agent", "after"});
  if (call.has("run"))
    params["run"] = to_string(find_run(call, call.text("run")));
  auto got = call.ask("tasks", params);
  table rows{{"TASK", "NAME", "TYPE", "STATE", ">TRY", "AGENT", "QUEUED"}};
  for (const auto& x : items(got, "tasks"))
    rows.add({text_of(x, "task"), text_of(x, "name"), text_of(x, "type"),
              text_of(x, "state"), std::to_string(count_of(x, "attempt")),
              worker_of(x), short_time(text_of(x, "queued_at"))});
  auto text = or_nothing(rows, "No tasks.");
  return {std::move(got), std::move(text)};
}

listing list_approvals(verb_call& call) {
  auto got = call.ask("approvals");
  table rows{{"TASK", "QUESTION", "BY", "ASKED", "UNTIL"}};
  for (const auto& x : items(got, "decisions"))
    rows.add({text_of(x, "task"), text_of(x, "question"), text_of(x, "by"),
              short_time(text_of(x, "asked_at")),
              short_time(text_of(x, "due_at"))});
  auto text = or_nothing(rows, "Nothing waits for a person.");
  return {std::move(got), std::move(text)};
}

listing list_agents(verb_call& call) {
  auto got = call.ask("agents");
  table rows{{"AGENT", "KIND", "STATE", ">LOAD", "CAPABILITIES"}};
  for (const auto& x : items(got, "agents"))
    rows.add({text_of(x, "name"), text_of(x, "kind"), text_of(x, "state"),
              std::to_string(count_of(x, "load")) + "/"
                + std::to_string(count_of(x, "max_load")),
              joined(x, "capabilities")});
  auto text = or_nothing(rows, "No agents. Configure some: docs/agents.md.");
  return {std::move(got), std::move(text)};
}

listing list_tree(verb_call& call) {
  json params = json::object();
  if (call.has("depth"))
    params["depth"] = call.number("depth");
  auto got = call.ask("tree", params);
  auto text = tree_text(got);
  return {std::move(got), std::move(text)};
}

} // namespace

void page_options(adder& add) {
  add("limit", po::value<uint32_t>()->default_value(50)->value_name("N"),
      "at most so many, up to 1000");
  add("after", po::value<std::string>()->value_name("CURSOR"),
      "go on after a page");
  watch_option(add);
}

void runs_options(adder& add) {
  add("state", po::value<std::string>()->value_name("STATE"),
      "queued, running, paused, cancelling, completed, failed, cancelled");
  add("name", po::value<std::string>()->value_name("NAME"),
      "runs of this workflow");
  page_options(add);
}

int run_runs(verb_call& call) {
  return show_listing(call, list_runs);
}

void tasks_options(adder& add) {
  add("state", po::value<std::string>()->value_name("STATE"),
      "waiting, queued, in_progress, completed, failed, ...");
  add("agent", po::value<std::string>()->value_name("NAME"),
      "tasks of this agent");
  page_options(add);
}

int run_tasks(verb_call& call) {
  return show_listing(call, list_tasks);
}

int run_status(verb_call& call) {
  if (!call.has("target")) {
    auto got = call.ask("status");
    return show(call, got, [&] {
      auto figures = got;
      if (figures.is_object())
        figures.erase("warnings"); // At the end, a line for each.
      return shown(figures) + warnings_text(got);
    });
  }
  auto of = find_target(call, call.text("target"));
  auto is_run = of.number() == 0;
  auto got = call.ask(is_run ? "run" : "task", target_params(of));
  show(call, got, [&] {
    if (!is_run)
      return shown(got);
    auto left = eta_text(got);
    if (got.contains("milestones"))
      got["milestones"] = milestones_text(got);
    return progress_bar(number_of(got, "percent") / 100)
           + (left.empty() ? "" : "  " + left) + "\n" + shown(got);
  });
  return is_run ? exit_code_of_run(got) : int{exit_ok};
}

int run_why(verb_call& call) {
  auto of = find_target(call, call.text("target"));
  auto got = call.ask("why", target_params(of));
  return show(call, got, [&] { return why_text(got); });
}

int run_approvals(verb_call& call) {
  return show_listing(call, list_approvals);
}

int run_agents(verb_call& call) {
  return show_listing(call, list_agents);
}

void tree_options(adder& add) {
  add("depth", po::value<uint32_t>()->value_name("N"), "so many levels");
  watch_option(add);
}

int run_tree(verb_call& call) {
  return show_listing(call, list_tree);
}

} // namespace troupe::cli
