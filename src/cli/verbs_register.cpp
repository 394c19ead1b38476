#include <algorithm>
#include <ostream>
#include <set>

#include "cli/show.hpp"
#include "cli/source.hpp"
#include "cli/verbs.hpp"

// Workflows that others name: in `submit NAME` or as a step.

namespace troupe::cli {

namespace {

using nlohmann::json;

json register_file(verb_call& call, const std::string& file) {
  auto params = file_params(call, file);
  if (params.contains("tasks"))
    throw stop_verb{exit_usage,
                    file + " holds a list of tasks, which has no name",
                    "write it as a workflow: `workflow: NAME` and `steps`"};
  return call.ask("register", params, "", file);
}

std::string name_of(const json& made) {
  return made.value("name", "") + '@'
         + std::to_string(made.value("version", 0));
}

/// Files may stand in any order: what a later one brings is not missing.
void say_missing(verb_call& call, const std::vector<json>& all) {
  std::set<std::string> notes;
  for (const auto& made : all)
    for (const auto& x : items(made, "notes"))
      notes.insert(x.get<std::string>());
  for (const auto& note : notes) {
    auto names = [&note](const json& made) {
      return note.find('`' + name_of(made) + '`') != std::string::npos;
    };
    if (std::none_of(all.begin(), all.end(), names))
      call.err() << "troupe: note: " << note << '\n';
  }
}

} // namespace

void with_option(adder& add) {
  add("with",
      po::value<std::vector<std::string>>()->composing()->value_name("FILE"),
      "a workflow that this one names as a step: it is registered first; may "
      "be given again");
}

void register_with(verb_call& call) {
  for (const auto& file : call.list("with"))
    register_file(call, file);
}

int run_register(verb_call& call) {
  std::vector<json> all;
  for (const auto& file : call.list("file")) {
    all.push_back(register_file(call, file));
    call.out() << (call.json() ? all.back().dump() : name_of(all.back()))
               << '\n';
  }
  if (!call.json())
    say_missing(call, all);
  return exit_ok;
}

} // namespace troupe::cli
