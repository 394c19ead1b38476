#include <ostream>

#include "cli/listing.hpp"
#include "cli/reference.hpp"
#include "cli/show.hpp"
#include "cli/source.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

// What is kept and can be looked up: workflows, reports, history, who did what,
// and what was asked for in words.

namespace troupe::cli {

namespace {

using nlohmann::json;

int show(verb_call& call, const json& answer, const std::string& text) {
  call.out() << (call.json() ? answer.dump() + "\n" : text);
  return exit_ok;
}

std::string or_nothing(const table& rows, const std::string& nothing) {
  return rows.empty() ? nothing + "\n" : rows.text();
}

/// The number of a version, as people write it.
uint64_t version_of(const std::string& text) {
  auto digits = text.find_first_not_of("0123456789") == text.npos;
  if (text.empty() || !digits || text.size() > 9)
    throw stop_verb{exit_usage, "`" + text + "` is no version",
                    "write its number; `troupe workflow NAME` lists them"};
  return std::stoull(text);
}

listing list_workflows(verb_call& call) {
  auto got = call.ask("workflows", page_params(call, {"after"}));
  table rows{{"WORKFLOW", ">VERSION", ">VERSIONS", "SINCE", "HASH"}};
  for (const auto& x : items(got, "workflows"))
    rows.add({text_of(x, "name"), std::to_string(count_of(x, "version")),
              std::to_string(count_of(x, "versions")),
              short_time(text_of(x, "created_at")),
              text_of(x, "hash").substr(0, 12)});
  auto text =
    or_nothing(rows, "No workflows. Register some: `troupe register FILE`.");
  return {std::move(got), std::move(text)};
}

listing list_audit(verb_call& call) {
  auto got = call.ask("audit", page_params(call, {"actor", "action", "after"}));
  table rows{{"AT", "ACTOR", "ACTION", "ABOUT", "RUN", "DOOR", "DETAIL"}};
  for (const auto& x : items(got, "entries")) {
    auto about = text_of(x, "name");
    auto detail = text_of(x, "detail");
    rows.add({short_time(text_of(x, "at")), text_of(x, "actor"),
              text_of(x, "action"),
              about.empty() ? text_of(x, "status") : about, text_of(x, "run"),
              text_of(x, "door"), detail});
  }
  auto text = or_nothing(rows, "Nobody did anything yet.");
  if (auto next = text_of(got, "next"); !next.empty())
    text += "There may be more: --after " + next + "\n";
  return {std::move(got), std::move(text)};
}

int run_workflows(verb_call& call) {
  return show_listing(call, list_workflows);
}

void workflow_options(adder& add) {
  add("version", po::value<std::string>()->value_name("N"),
      "of this version; else the newest");
}

int run_workflow(verb_call& call) {
  json params{{"name", call.text("name")}};
  if (call.has("version"))
    params["version"] = version_of(call.text("version"));
  auto got = call.ask("workflow", params);
  table versions{{">VERSION", "SINCE", "HASH"}};
  for (const auto& x : items(got, "versions"))
    versions.add({std::to_string(count_of(x, "version")),
                  short_time(text_of(x, "created_at")), text_of(x, "hash")});
  auto definition = got.contains("definition") ? got["definition"].dump(2) : "";
  return show(call, got, versions.text() + "\n" + definition + "\n");
}

int run_diff(verb_call& call) {
  json params{{"name", call.text("name")},
              {"from", version_of(call.text("from"))}};
  if (call.has("to"))
    params["to"] = version_of(call.text("to"));
  auto got = call.ask("diff", params);
  auto text = text_of(got, "name") + " " + std::to_string(count_of(got, "from"))
              + " -> " + std::to_string(count_of(got, "to")) + "\n";
  auto value_text = [](const json& x, const char* name) {
    return x.contains(name) ? x[name].dump() : std::string{};
  };
  table rows{{"CHANGE", "WHERE", "WAS", "IS"}};
  for (const auto& x : items(got, "changes"))
    rows.add({text_of(x, "op"), text_of(x, "path"), value_text(x, "was"),
              value_text(x, "value")});
  return show(call, got, text + or_nothing(rows, "They are the same."));
}

std::string slowest_text(const json& report) {
  table rows{{"SLOWEST", "NAME", "AGENT", "DURATION"}};
  for (const auto& x : items(report, "slowest"))
    rows.add({text_of(x, "task"), text_of(x, "name"), text_of(x, "agent"),
              text_of(x, "duration")});
  return rows.empty() ? "" : "\n" + rows.text();
}

std::string failures_text(const json& report) {
  table rows{{"FAILED", "NAME", "AGENT", "WHY"}};
  for (const auto& x : items(report, "failures"))
    rows.add({text_of(x, "task"), text_of(x, "name"), text_of(x, "agent"),
              x.contains("error") ? text_of(x["error"], "message") : ""});
  return rows.empty() ? "" : "\n" + rows.text();
}

int run_report(verb_call& call) {
  auto run = to_string(find_run(call, call.text("run")));
  auto got = call.ask("report", {{"run", run}});
  auto figures = got;
  for (const auto* list : {"slowest", "failures", "agents"})
    figures.erase(list);
  table agents{{"AGENT", ">TASKS", ">FAILED", "BUSY"}};
  for (const auto& x : items(got, "agents"))
    agents.add({text_of(x, "agent"), std::to_string(count_of(x, "tasks")),
                std::to_string(count_of(x, "failed")), text_of(x, "busy")});
  return show(call, got,
              shown(figures) + (agents.empty() ? "" : "\n" + agents.text())
                + slowest_text(got) + failures_text(got));
}

void history_options(adder& add) {
  add("limit", po::value<uint32_t>()->default_value(1000)->value_name("N"),
      "at most so many, up to 1000");
  add("after", po::value<std::string>()->value_name("CURSOR"),
      "go on after a page");
}

int run_history(verb_call& call) {
  auto params = page_params(call, {"after"});
  params["run"] = to_string(find_run(call, call.text("run")));
  auto got = call.ask("history", params);
  table rows{{">FACT", "AT", "KIND", "ABOUT", "DETAIL"}};
  for (const auto& x : items(got, "facts")) {
    auto detail = x.value("detail", json{});
    rows.add({std::to_string(count_of(x, "seq")), short_time(text_of(x, "at")),
              text_of(x, "kind"), text_of(x, "id"),
              detail.is_string() ? detail.get<std::string>()
              : detail.is_null() ? ""
                                 : detail.dump()});
  }
  return show(call, got, or_nothing(rows, "Nothing (more) is recorded."));
}

int run_decision(verb_call& call) {
  auto of = find_target(call, call.text("target"));
  if (of.number() == 0)
    throw stop_verb{exit_usage, "this names a run, not a task",
                    "write RUN/NAME; `troupe approvals` lists what waits"};
  auto got = call.ask("decision", target_params(of));
  return show(call, got, shown(got));
}

void audit_options(adder& add) {
  add("actor", po::value<std::string>()->value_name("NAME"),
      "only what this principal did");
  add("action", po::value<std::string>()->value_name("VERB"),
      "only this: submit, cancel, retry, approve, ...");
  add("verify",
      "look whether history is as it was written, instead: reads all of it");
  page_options(add);
}

int run_audit(verb_call& call) {
  if (!call.has("verify"))
    return show_listing(call, list_audit);
  auto got = call.ask("audit_check");
  auto intact = got.value("intact", false);
  std::string text = intact ? "History is as it was written.\n" : "";
  for (const auto& x : items(got, "problems"))
    text += x.get<std::string>() + "\n";
  show(call, got, text);
  return intact ? int{exit_ok} : int{exit_failure};
}

void request_options(adder& add) {
  add("context", po::value<std::string>()->value_name("JSON"),
      "`workflow` (a name), `definition`, `tasks` or `task`, and `input`");
  add("session", po::value<std::string>()->value_name("ID"),
      "what it belongs to: `troupe state ID` shows all of it");
  add("priority", po::value<std::string>()->value_name("P"),
      "1 to 10, or low, normal, high, urgent, critical");
}

int run_request(verb_call& call) {
  json params{{"description", call.text("description")}};
  if (call.has("context")) {
    params["context"] = json::parse(call.text("context"), nullptr, false);
    if (!params["context"].is_object())
      throw stop_verb{exit_usage, "--context is no JSON object",
                      "quote it for the shell: --context '{\"a\": 1}'"};
  }
  if (call.has("session"))
    params["session_id"] = call.text("session");
  if (call.has("priority"))
    params["priority"] = priority_param(call.text("priority"));
  auto got = call.ask("request", params);
  return show(call, got,
              text_of(got, "run") + " " + text_of(got, "status") + "\n");
}

int run_state(verb_call& call) {
  auto got = call.ask("state", {{"session_id", call.text("session")}});
  table runs{{"RUN", "NAME", "STATE", ">DONE"}};
  for (const auto& x : items(got, "runs"))
    runs.add({text_of(x, "run"), text_of(x, "name"), text_of(x, "state"),
              percent(number_of(x, "percent") / 100)});
  table asked{{"TASK", "QUESTION", "BY"}};
  for (const auto& x : items(got, "decisions"))
    asked.add({text_of(x, "task"), text_of(x, "question"), text_of(x, "by")});
  auto text = or_nothing(runs, "Nothing belongs to this session.");
  return show(call, got, asked.empty() ? text : text + "\n" + asked.text());
}

const verb table_of_records[] = {
  {"workflows",
   "",
   "List the registered workflows",
   "workflows\nworkflows --watch",
   {},
   0,
   page_options,
   run_workflows},
  {"workflow",
   "NAME [--version N]",
   "Show a registered workflow and its versions",
   "workflow release\nworkflow release --version 2 --json",
   {"name"},
   1,
   workflow_options,
   run_workflow},
  {"diff",
   "NAME FROM [TO]",
   "Tell how two versions of a workflow differ",
   "diff release 1\ndiff release 1 3 --json",
   {"name", "from", "to"},
   2,
   nullptr,
   run_diff},
  {"report",
   "RUN",
   "Sum up how a run went: times, agents, failures, the slowest tasks",
   "report @latest\nreport 0190a1b2 --json",
   {"run"},
   1,
   nullptr,
   run_report},
  {"history",
   "RUN",
   "Show what happened to a run, fact by fact",
   "history @latest\nhistory @latest --json",
   {"run"},
   1,
   history_options,
   run_history},
  {"decision",
   "TASK",
   "Show what a task asks, while it is open",
   "decision @latest/deploy_production",
   {"target"},
   1,
   nullptr,
   run_decision},
  {"audit",
   "[--actor NAME] [--action VERB] [--verify]",
   "List who did what, newest first; or prove that history is untouched",
   "audit\naudit --actor ann --action cancel\naudit --verify",
   {},
   0,
   audit_options,
   run_audit},
  {"request",
   "DESCRIPTION [--context JSON] [--session ID]",
   "Ask for something in words that name a workflow, and get a run that does "
   "it",
   "request \"run release for me\"\n"
   "request build --context '{\"input\": {\"tag\": \"v1\"}}' --session s-1",
   {"description"},
   1,
   request_options,
   run_request},
  {"state",
   "SESSION",
   "Show the runs, tasks and open questions of a session",
   "state s-1\nstate s-1 --json",
   {"session"},
   1,
   nullptr,
   run_state},
  {"metrics",
   "[NAME]",
   "Show the node's figures, all or those with NAME in their name",
   "metrics\nmetrics http --watch\nmetrics --json",
   {"name"},
   0,
   watch_option,
   run_metrics},
};

} // namespace

std::span<const verb> record_verbs() {
  return table_of_records;
}

} // namespace troupe::cli
