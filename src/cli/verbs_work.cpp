#include <ostream>

#include "cli/follow.hpp"
#include "client/node_address.hpp"
#include "cli/reference.hpp"
#include "cli/show.hpp"
#include "cli/source.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"
#include "core/plan.hpp"
#include "core/workflow.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

// -- plan

stop_verb bad_file(const std::string& file, const core::problems& all) {
  std::string what = file + " has " + std::to_string(all.size())
                     + (all.size() == 1 ? " problem" : " problems");
  for (const auto& x : all)
    what += "\n  " + to_text(x, file);
  return {exit_usage, what, "`troupe schema` prints what a workflow may say"};
}

core::workflow_ptr read_workflow(verb_call& call, const std::string& file) {
  auto params = source_params(call, file);
  auto parsed = core::parsed_workflow{};
  if (params.contains("tasks"))
    parsed = core::parse_task_list(params["tasks"].dump());
  else if (params.contains("name"))
    throw stop_verb{exit_not_found, "there is no file " + file,
                    "plan a registered workflow with --node ADDRESS"};
  else if (params.value("format", "") == "wfcommons")
    parsed = core::import_wfcommons(
      params["workflow"].get_ref<const std::string&>(), scale_of(call));
  else
    parsed =
      core::parse_workflow(params["workflow"].get_ref<const std::string&>());
  if (!parsed.value)
    throw bad_file(file, parsed.problems);
  return parsed.value;
}

void show_plan(verb_call& call, const core::plan& plan) {
  auto& out = call.out();
  auto name = [&](uint32_t i) { return plan.steps[i].name; };
  out << plan.workflow << " version " << plan.version << ": "
      << plan.steps.size() << " steps, " << plan.levels.size()
      << " levels, at least " << core::to_text(plan.makespan) << "\n\n";
  table steps{{"LEVEL", "STEP", ">START", ">TAKES", ">SLACK"}};
  for (const auto& level : plan.levels)
    for (auto i : level) {
      const auto& x = plan.steps[i];
      steps.add({std::to_string(x.level), x.name, core::to_text(x.start),
                 core::to_text(x.expected) + (x.estimated ? "?" : ""),
                 x.slack.count() == 0 ? "critical" : core::to_text(x.slack)});
    }
  out << steps.text() << "\nCritical path:";
  for (auto i : plan.critical_path)
    out << " " << name(i);
  out << "\n";
  for (const auto& x : plan.approvals)
    out << "Asks " << (x.question.by.empty() ? "somebody" : x.question.by)
        << " before " << name(x.step) << ", for "
        << core::to_text(x.question.timeout) << ", then "
        << (x.question.approve_on_timeout ? "approves" : "rejects") << "\n";
  for (const auto& x : plan.notes)
    out << "Note: " << x << "\n";
}

// -- submit and run

json submit(verb_call& call) {
  if (call.has("idempotency-key") && call.text("idempotency-key").empty())
    throw stop_verb{exit_usage, "--idempotency-key is empty",
                    "is a variable not set? Give each submission a key of its "
                    "own, or leave the option out"};
  register_with(call);
  auto made = call.ask("submit", source_params(call, call.text("file")),
                       call.text("idempotency-key"), call.text("file"));
  if (!call.json())
    for (const auto& x : items(made, "notes"))
      call.err() << "troupe: note: " << x.get<std::string>() << '\n';
  return made;
}

core::id run_of(const json& submitted) {
  auto id = core::id_from(submitted.value("run", ""));
  if (!id)
    throw stop_verb{exit_failure, "the node answered without a run",
                    "do node and program have the same version?"};
  return *id;
}

/// Who names a configuration means the node that it describes: the one that
/// has its data directory, whatever answers at the usual port.
std::shared_ptr<core::api> node_of(verb_call& call, const node_args& args) {
  for (const auto& x : call.around().config(args).settings)
    if (x.path == "node.data")
      if (auto data = json::parse(x.value).get<std::string>(); !data.empty())
        return call.around().connect("unix:" + remote::socket_path(data), {});
  return nullptr;
}

void config_option(adder& add) {
  add("config", po::value<std::string>()->value_name("FILE"),
      "settings, YAML; see docs/configuration.md");
}

} // namespace

node_args node_args_of(verb_call& call) {
  node_args out;
  out.config = call.has("config") ? call.text("config")
                                  : call.around().environment("TROUPE_CONFIG");
  // Only what was said: the configuration knows the rest.
  if (call.has("data") || !call.around().environment("TROUPE_DATA").empty())
    out.data = call.data();
  return out;
}

std::shared_ptr<core::api> running_node(verb_call& call,
                                        const node_args& args) {
  return call.given_node().empty() && !args.config.empty()
           ? node_of(call, args)
           : call.node_if_any();
}

void node_options(adder& add) {
  config_option(add);
  add("listen", po::value<std::string>()->value_name("ADDRESS"),
      "where HTTP is served, e.g. 127.0.0.1:8765, or `off`");
  add("set",
      po::value<std::vector<std::string>>()->composing()->value_name("K=V"),
      "a setting over the file's; may be given again");
  add("conformance-fixtures",
      "serve at /mcp also what the MCP conformance suite asks for");
}

int run_node_verb(verb_call& call) {
  auto args = node_args_of(call);
  args.listen = call.text("listen");
  args.set = call.list("set");
  args.conformance_fixtures = call.has("conformance-fixtures");
  return call.around().node(args);
}

void watch_options(adder& add) {
  add("timeout", po::value<std::string>()->value_name("TIME"),
      "give up watching after e.g. 90s or 1h; exit code 124");
  add("until-approval", "stop once a task waits for a person; exit code 7");
}

void run_options(adder& add) {
  source_options(add);
  with_option(add);
  watch_options(add);
  config_option(add);
}

int run_run(verb_call& call) {
  auto work = [&] {
    auto patience = patience_of(call);
    return follow(call, run_of(submit(call)), patience);
  };
  auto args = node_args_of(call);
  if (auto there = running_node(call, args)) {
    call.use(*there);
    return work();
  }
  return call.around().in_process(args, [&](core::api& local) {
    call.use_own(local);
    return work();
  });
}

void plan_options(adder& add) {
  time_scale_option(add);
}

int run_plan(verb_call& call) {
  if (!call.given_node().empty()
      && call.text("file").find('.') == std::string::npos
      && call.text("file") != "-") {
    // A registered workflow, which only a node knows.
    call.out() << call.ask("plan", {{"name", call.text("file")}}).dump(2)
               << '\n';
    return exit_ok;
  }
  auto plan = core::make_plan(*read_workflow(call, call.text("file")));
  if (call.json())
    call.out() << core::to_json(plan) << '\n';
  else
    show_plan(call, plan);
  return exit_ok;
}

void submit_options(adder& add) {
  source_options(add);
  with_option(add);
  add("wait", "follow the run to its end; the exit code tells how it ended");
  add("idempotency-key", po::value<std::string>()->value_name("KEY"),
      "the same key gives the same run, however often it is sent");
  watch_options(add);
}

int run_submit(verb_call& call) {
  for (const auto* name : {"timeout", "until-approval"})
    if (call.has(name) && !call.has("wait"))
      throw stop_verb{exit_usage,
                      std::string{"--"} + name + " does nothing without --wait",
                      "add --wait to follow the run, or leave it out"};
  auto patience = patience_of(call);
  auto made = submit(call);
  if (call.has("wait"))
    return follow(call, run_of(made), patience);
  if (call.json()) {
    call.out() << made.dump() << '\n';
    return exit_ok;
  }
  call.out() << to_string(run_of(made)) << '\n';
  if (made.value("repeated", false) && !call.asked_again())
    call.err() << "troupe: this key was used before; that is its run\n";
  return exit_ok;
}

int run_watch(verb_call& call) {
  return follow(call, find_run(call, call.text("run")), patience_of(call));
}

} // namespace troupe::cli
