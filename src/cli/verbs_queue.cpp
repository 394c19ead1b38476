#include <filesystem>
#include <ostream>

#include "cli/listing.hpp"
#include "cli/reference.hpp"
#include "cli/show.hpp"
#include "cli/source.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "core/json_text.hpp"

// The task queue: strategies become tasks, passes work them.

namespace troupe::cli {

namespace {

using nlohmann::json;

/// The id of a strategy: of one the node has, or of a file that is handed over
/// first.
std::string strategy_of(verb_call& call) {
  auto target = call.text("strategy");
  if (auto id = core::id_from(target))
    return to_string(*id);
  auto parsed = core::parse_json(read_text(target), target);
  if (!parsed || !parsed->is_object())
    throw stop_verb{exit_usage, target + " holds no strategy",
                    "a strategy is a JSON object; see docs/task-queue.md"};
  return call.ask("queue_strategy", *parsed, "", target).value("id", "");
}

void show_tasks(verb_call& call, const json& got) {
  table rows{{"TASK", ">PRIORITY", "AGENT", "STATUS", "DESCRIPTION"}};
  for (const auto& x : items(got, "tasks")) {
    auto words = text_of(x, "task_description") + text_of(x, "description");
    rows.add({text_of(x, "id"), std::to_string(count_of(x, "priority")),
              text_of(x, "assigned_agent"), text_of(x, "status"),
              fitted(words, 60)});
  }
  call.out() << (rows.empty() ? "No tasks.\n" : rows.text());
}

listing list_queue(verb_call& call) {
  json params{{"limit", call.number("limit")}};
  for (const auto* name : {"status", "after"})
    if (call.has(name))
      params[name] = call.text(name);
  if (call.has("agent"))
    params["assigned_agent"] = call.text("agent");
  auto got = call.ask("queue_status", params);
  table rows{{"TASK", ">PRIORITY", "AGENT", "STATUS", ">DONE", "DESCRIPTION"}};
  for (const auto& x : items(got, "tasks"))
    rows.add({text_of(x, "id"), std::to_string(count_of(x, "priority")),
              text_of(x, "assigned_agent"), text_of(x, "status"),
              percent(number_of(x, "progress_percentage") / 100),
              fitted(text_of(x, "description"), 60)});
  auto text = rows.empty() ? std::string{"No tasks. Begin with `troupe "
                                         "decompose STRATEGY`.\n"}
                           : rows.text();
  const auto& sums = got["summary"];
  text += std::to_string(count_of(sums, "queued")) + " queued, "
          + std::to_string(count_of(sums, "in_progress")) + " in progress, "
          + std::to_string(count_of(sums, "completed")) + " completed, "
          + std::to_string(count_of(sums, "failed")) + " failed, "
          + std::to_string(count_of(sums, "cancelled")) + " cancelled\n";
  return {std::move(got), std::move(text)};
}

int set_free(verb_call& call, const std::string& op) {
  auto of = find_target(call, call.text("target"));
  if (of.number() == 0)
    throw stop_verb{exit_usage, "this names a run, not a task",
                    "write RUN/NAME; `troupe tasks RUN` lists them"};
  auto got = call.ask(op, {{"task", to_string(of)}});
  if (call.json())
    call.out() << got.dump() << '\n';
  else
    call.out() << to_string(of)
               << (op == "release" ? " released\n" : " held\n");
  return exit_ok;
}

} // namespace

void decompose_options(adder& add) {
  add("execute", "work the queue at once");
}

int run_decompose(verb_call& call) {
  json params{{"strategy_id", strategy_of(call)}};
  if (call.has("execute"))
    params["auto_execute"] = true;
  auto got = call.ask("queue_decompose", params);
  if (call.json())
    call.out() << got.dump() << '\n';
  else
    show_tasks(call, got);
  return exit_ok;
}

void execute_options(adder& add) {
  add("at-once", po::value<uint32_t>()->value_name("N"),
      "tasks in progress at a time");
  add("type", po::value<std::string>()->value_name("TYPE"),
      "only tasks of that type");
  add("agent", po::value<std::string>()->value_name("NAME"),
      "only tasks of that agent");
  add("priority", po::value<uint32_t>()->value_name("N"),
      "only tasks of that priority and above");
  add("task", po::value<std::string>()->value_name("TASK"), "that task alone");
}

int run_execute(verb_call& call) {
  json params = json::object();
  if (call.has("at-once"))
    params["max_concurrent"] = call.number("at-once");
  if (call.has("priority"))
    params["filter"]["priority_min"] = call.number("priority");
  if (call.has("type"))
    params["filter"]["task_type"] = call.text("type");
  if (call.has("agent"))
    params["filter"]["assigned_agent"] = call.text("agent");
  if (call.has("task"))
    params["task_id"] = to_string(find_target(call, call.text("task")));
  auto got = call.ask("queue_execute", params);
  auto outcome = count_of(got, "tasks_failed") > 0 ? exit_run_failed : exit_ok;
  if (call.json()) {
    call.out() << got.dump() << '\n';
    return outcome;
  }
  table rows{{"TASK", "STATUS", ">MS", "ERROR"}};
  for (const auto& x : items(got, "execution_log"))
    rows.add({text_of(x, "task_id"), text_of(x, "status"),
              std::to_string(count_of(x, "duration_ms")), text_of(x, "error")});
  call.out() << rows.text() << count_of(got, "tasks_executed") << " executed, "
             << count_of(got, "tasks_failed") << " failed, "
             << count_of(got, "tasks_remaining") << " remaining\n";
  return outcome;
}

void queue_options(adder& add) {
  add("status", po::value<std::string>()->value_name("STATUS"),
      "queued, in_progress, completed, failed or cancelled");
  add("agent", po::value<std::string>()->value_name("NAME"),
      "only tasks of that agent");
  add("limit", po::value<uint32_t>()->default_value(50)->value_name("N"),
      "at most so many");
  add("after", po::value<std::string>()->value_name("CURSOR"),
      "`next` of the answer before");
  watch_option(add);
}

int run_queue(verb_call& call) {
  return show_listing(call, list_queue);
}

int run_release(verb_call& call) {
  return set_free(call, "release");
}

int run_hold(verb_call& call) {
  return set_free(call, "hold");
}

} // namespace troupe::cli
