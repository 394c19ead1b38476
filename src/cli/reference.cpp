#include "cli/reference.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr size_t prefix_min = 4;
// Where a prefix is looked for: among the newest.
constexpr uint32_t runs_searched = 1000;

stop_verb unknown(const std::string& text, const std::string& hint) {
  return {exit_not_found, "`" + text + "` names nothing", hint};
}

core::id id_in(const json& from, const char* name) {
  auto found = core::id_from(from.value(name, ""));
  if (!found)
    throw stop_verb{exit_failure, "the node answered without an id",
                    "do node and program have the same version?"};
  return *found;
}

core::id latest_run(verb_call& call) {
  auto list =
    call.ask("runs", {{"limit", runs_searched}}).value("runs", json::array());
  // What somebody submitted, not what a run has started.
  for (const auto& x : list)
    if (!x.contains("parent"))
      return id_in(x, "run");
  throw unknown("@latest", "there are no runs yet; begin with "
                           "`troupe submit FILE`");
}

core::id run_by_prefix(verb_call& call, const std::string& text) {
  if (text.size() < prefix_min)
    throw unknown(text, "write at least the first 4 characters of an id, or "
                        "@latest");
  auto list =
    call.ask("runs", {{"limit", runs_searched}}).value("runs", json::array());
  core::id found;
  for (const auto& x : list) {
    if (!x.value("run", "").starts_with(text))
      continue;
    if (found)
      throw stop_verb{exit_usage, "`" + text + "` fits more than one run",
                      "write more of the id; `troupe runs` shows them"};
    found = id_in(x, "run");
  }
  if (!found)
    throw unknown(text, "`troupe runs` lists the runs");
  return found;
}

core::id task_by_name(verb_call& call, core::id run, const std::string& name) {
  json params{{"run", to_string(run)}, {"name", name}, {"limit", 1}};
  for (;;) {
    auto page = call.ask("tasks", params);
    for (const auto& x : page.value("tasks", json::array()))
      if (x.value("name", "") == name)
        return id_in(x, "task");
    auto next = page.value("next", "");
    if (next.empty())
      throw unknown(name,
                    "`troupe tasks " + to_string(run) + "` lists its tasks");
    params["after"] = next;
  }
}

} // namespace

core::id find_run(verb_call& call, const std::string& text) {
  if (text == "@latest")
    return latest_run(call);
  if (auto id = core::id_from(text))
    return id->run();
  return run_by_prefix(call, text);
}

core::id find_target(verb_call& call, const std::string& text) {
  if (auto slash = text.find('/'); slash != std::string::npos)
    return task_by_name(call, find_run(call, text.substr(0, slash)),
                        text.substr(slash + 1));
  if (auto id = core::id_from(text))
    return *id;
  return find_run(call, text);
}

nlohmann::json target_params(core::id of) {
  return {{of.number() == 0 ? "run" : "task", to_string(of)}};
}

} // namespace troupe::cli
