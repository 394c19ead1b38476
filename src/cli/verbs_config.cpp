#include <ostream>

#include "cli/show.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

// What a node would be started with, and what is wrong with that.

namespace troupe::cli {

namespace {

using nlohmann::json;

node_args sources_of(verb_call& call) {
  auto out = node_args_of(call);
  out.listen = call.text("listen");
  out.set = call.list("set");
  return out;
}

json to_json(const runtime::config_problem& x) {
  json out{{"what", x.what.what}};
  if (!x.source.empty())
    out["source"] = x.source;
  if (x.what.line > 0) {
    out["line"] = x.what.line;
    out["column"] = x.what.column;
  }
  if (!x.what.where.empty())
    out["pointer"] = x.what.where;
  if (!x.what.hint.empty())
    out["hint"] = x.what.hint;
  return out;
}

json to_json(const runtime::shown_setting& x) {
  json out{{"setting", x.path},
           {"value", json::parse(x.value)},
           {"from", x.from},
           {"default", !x.said}};
  if (x.hidden)
    out["hidden"] = true;
  return out;
}

/// All problems, in the form asked for. Returns the exit code.
int refuse(verb_call& call, const std::vector<runtime::config_problem>& all) {
  if (call.json()) {
    auto list = json::array();
    for (const auto& x : all)
      list.push_back(to_json(x));
    call.out() << json{{"valid", false}, {"problems", list}}.dump() << '\n';
    return exit_usage;
  }
  auto what = "the configuration has " + std::to_string(all.size())
              + (all.size() == 1 ? " problem" : " problems");
  for (const auto& x : all)
    what += "\n  " + to_text(x);
  throw stop_verb{exit_usage, what,
                  "docs/configuration.md has every setting, "
                  "configs/sample.yaml the defaults"};
}

/// Texts without their quotes; nothing is a dash.
std::string plain(const std::string& value) {
  auto parsed = json::parse(value);
  return parsed.is_null()     ? "-"
         : parsed.is_string() ? parsed.get<std::string>()
                              : value;
}

int show(verb_call& call) {
  auto got = call.around().config(sources_of(call));
  if (!got.problems.empty())
    return refuse(call, got.problems);
  auto list = json::array();
  table rows{{"SETTING", "VALUE", "FROM"}};
  for (const auto& x : got.settings) {
    if (call.has("changed") && !x.said)
      continue;
    list.push_back(to_json(x));
    rows.add({x.path, plain(x.value), x.from});
  }
  if (call.json())
    call.out() << json{{"settings", list}}.dump() << '\n';
  else
    call.out() << (rows.empty() ? "Nothing but defaults.\n" : rows.text());
  return exit_ok;
}

int check(verb_call& call) {
  auto from = sources_of(call);
  if (call.has("file"))
    from.config = call.text("file");
  auto got = call.around().config(from);
  if (!got.problems.empty())
    return refuse(call, got.problems);
  if (call.json())
    call.out() << json{{"valid", true}, {"problems", json::array()}}.dump()
               << '\n';
  else
    call.out() << (from.config.empty() ? "The configuration" : from.config)
               << " is right: a node can start with it.\n";
  return exit_ok;
}

std::string names_in(const json& got, const char* field) {
  auto all = joined(got, field);
  return all.empty() ? std::string{} : std::string{field} + ": " + all + "\n";
}

int reload(verb_call& call) {
  auto got = call.ask("reload", json::object(), {}, "the node's configuration");
  if (call.json()) {
    call.out() << got.dump() << '\n';
    return exit_ok;
  }
  auto text = names_in(got, "added") + names_in(got, "changed")
              + names_in(got, "removed");
  call.out() << (text.empty() ? "No agent has changed.\n" : text);
  if (auto rest = joined(got, "needs_restart"); !rest.empty())
    call.out() << "needs a restart: " << rest << '\n';
  return exit_ok;
}

} // namespace

void config_options(adder& add) {
  node_options(add);
  add("changed", "of `show`: only what differs from no configuration at all");
}

int run_config(verb_call& call) {
  auto action = call.text("action");
  if (action == "check")
    return check(call);
  if (action == "reload")
    return reload(call);
  if (action != "show")
    throw stop_verb{exit_usage,
                    "`" + action
                      + "` is nothing to do with a "
                        "configuration",
                    "write `troupe config show`, `troupe config check FILE` or "
                    "`troupe config reload`"};
  if (call.has("file"))
    throw stop_verb{exit_usage, "`troupe config show` takes no FILE",
                    "name it as the node would: --config " + call.text("file")};
  return show(call);
}

} // namespace troupe::cli
