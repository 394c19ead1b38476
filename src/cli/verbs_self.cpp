#include <algorithm>
#include <ostream>

#include "cli/doctor.hpp"
#include "cli/verbs.hpp"
#include "core/answer_schemas.hpp"
#include "core/reader.hpp"
#include "core/workflow.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const char* word(health how) {
  return how == health::good ? "ok" : how == health::note ? "note" : "BAD";
}

std::vector<finding> examine(verb_call& call, const fs::path& directory) {
  std::error_code ignored;
  auto exists = fs::is_directory(directory, ignored);
  // A directory that is still to be made is judged by where it will be.
  auto parent = fs::absolute(directory, ignored).parent_path();
  auto out = check_machine(exists ? directory : parent);
  if (!exists) {
    out.push_back({health::note, "store",
                   directory.string() + " does not exist yet",
                   "`troupe node` makes it; else name it with --data"});
    return out;
  }
  if (!fs::exists(directory / "troupe.db", ignored)) {
    out.push_back(
      {health::note, "store", "no database yet", "`troupe node` makes it"});
    return out;
  }
  auto found =
    judge_store(call.around().check_data(directory.string(), call.has("deep")));
  out.insert(out.end(), found.begin(), found.end());
  return out;
}

void add_node(verb_call& call, std::vector<finding>& out) {
  try {
    auto node = call.node_if_any();
    out.push_back({health::good, "node", node ? "running" : "not running", ""});
  } catch (const stop_verb& why) {
    out.push_back({health::bad, "node", why.what, why.hint});
  }
}

void add_config(verb_call& call, std::vector<finding>& out) {
  if (!call.has("config"))
    return;
  node_args from;
  auto file = from.config = call.text("config");
  auto all = call.around().config(from).problems;
  for (const auto& x : all)
    out.push_back({health::bad, "configuration", to_text(x), ""});
  if (all.empty())
    out.push_back({health::good, "configuration", file, ""});
}

void print(verb_call& call, const std::vector<finding>& all) {
  if (call.json()) {
    json list = json::array();
    for (const auto& x : all)
      list.push_back({{"health", x.how == health::bad ? "bad" : word(x.how)},
                      {"what", x.what},
                      {"seen", x.seen},
                      {"todo", x.todo}});
    call.out() << json{{"findings", list}}.dump() << '\n';
    return;
  }
  for (const auto& x : all) {
    auto how = std::string{word(x.how)};
    how.resize(6, ' ');
    call.out() << how << x.what << ": " << x.seen << '\n';
    if (!x.todo.empty())
      call.out() << "      " << x.todo << '\n';
  }
}

} // namespace

int run_schema(verb_call& call) {
  auto name = call.text("name");
  if (name.empty() || name == "workflow") {
    call.out() << core::workflow_schema() << '\n';
    return exit_ok;
  }
  std::vector<std::string_view> known{"workflow"};
  for (const auto& [x, text] : core::answer_schemas()) {
    known.push_back(x);
    if (x == name) {
      call.out() << text;
      return exit_ok;
    }
  }
  std::string all;
  for (auto x : known)
    all += (all.empty() ? "" : ", ") + std::string{x};
  auto hint = core::did_you_mean(name, known);
  throw stop_verb{exit_usage, "there is no schema `" + name + "`",
                  hint + (hint.empty() ? "" : " ") + "There are: " + all};
}

void doctor_options(adder& add) {
  add("deep", "read the whole store; takes a while for a large one");
  add("config", po::value<std::string>()->value_name("FILE"),
      "also: whether a node could start with it");
}

int run_doctor(verb_call& call) {
  auto all = examine(call, call.data());
  add_config(call, all);
  add_node(call, all);
  print(call, all);
  auto bad = std::any_of(all.begin(), all.end(),
                         [](const finding& x) { return x.how == health::bad; });
  return bad ? exit_failure : exit_ok;
}

// Only `troupe bench --help` comes here.
int run_bench_help(verb_call& call) {
  return call.around().bench({"--help"});
}

// As above.
int run_sim_help(verb_call& call) {
  return call.around().sim({"--help"});
}

int run_version(verb_call& call) {
  if (call.json())
    call.out() << json{{"version", TROUPE_VERSION}}.dump() << '\n';
  else
    call.out() << "troupe " << TROUPE_VERSION << '\n';
  return exit_ok;
}

int run_help(verb_call& call) {
  if (!call.has("verb")) {
    call.out() << help_text();
    return exit_ok;
  }
  const auto* found = find_verb(call.text("verb"));
  if (!found)
    throw stop_verb{exit_usage, "no verb `" + call.text("verb") + "`",
                    "`troupe help` lists them all"};
  call.out() << help_text(*found);
  return exit_ok;
}

} // namespace troupe::cli
