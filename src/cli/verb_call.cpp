#include <chrono>
#include <future>

#include "cli/http_api.hpp"
#include "cli/node_address.hpp"
#include "cli/verb.hpp"
#include "core/json_text.hpp"

namespace troupe::cli {

namespace {

// "file:line:column: what; hint", a line for each.
std::string listed(const core::problems& all, const std::string& file) {
  std::string out;
  for (const auto& x : all) {
    out += "\n  ";
    if (x.line > 0)
      out += (file.empty() ? "" : file + ":") + std::to_string(x.line) + ":"
             + std::to_string(x.column) + ": ";
    out += x.what;
    if (!x.where.empty())
      out += " (at " + x.where + ")";
    if (!x.hint.empty())
      out += "; " + x.hint;
  }
  return out;
}

// "Something is wrong; do this": it needs no second hint.
bool says_what_to_do(const std::string& message) {
  return message.find("; ") != std::string::npos;
}

stop_verb stop_for(const core::api_answer& got, const std::string& file) {
  auto what = got.error.message.empty() ? std::string{message(got.error.code)}
                                        : got.error.message;
  auto hint = std::string{message(got.error.code)};
  auto problems = got.problems;
  if (problems.size() == 1 && problems[0].what == what) {
    // Said once is enough.
    hint = problems[0].hint;
    problems.clear();
  } else if (got.error.kind == category::network || hint == what
             || (problems.empty()
                 && (got.error.code == errc::invalid
                     || says_what_to_do(what)))) {
    hint.clear();
  }
  if (!file.empty() && !problems.empty())
    what = file + " has " + what;
  return {exit_code_of(got.error), what + listed(problems, file), hint};
}

} // namespace

verb_call::verb_call(const surroundings& around, po::variables_map args)
  : around_(around), args_(std::move(args)) {}

bool verb_call::has(const std::string& name) const {
  return args_.count(name) > 0;
}

std::string verb_call::text(const std::string& name) const {
  return has(name) ? args_[name].as<std::string>() : std::string{};
}

std::vector<std::string> verb_call::list(const std::string& name) const {
  return has(name) ? args_[name].as<std::vector<std::string>>()
                   : std::vector<std::string>{};
}

uint32_t verb_call::number(const std::string& name) const {
  auto value = args_[name].as<uint32_t>();
  // A minus is read as a number near the end of what fits.
  if (value > INT32_MAX)
    throw po::error("the argument for option '--" + name
                    + "' must be a number, not negative and below 2^31");
  return value;
}

std::string verb_call::workspace() const {
  if (has("workspace"))
    return text("workspace");
  auto set = around_.environment("TROUPE_WORKSPACE");
  return set.empty() ? "default" : set;
}

std::string verb_call::data() const {
  if (has("data"))
    return text("data");
  auto set = around_.environment("TROUPE_DATA");
  return set.empty() ? "troupe-data" : set;
}

std::string verb_call::given_node() const {
  return has("node") ? text("node") : around_.environment("TROUPE_NODE");
}

/// Who names a data directory means the node that serves it, and no other.
bool verb_call::names_data() const {
  return has("data") || !around_.environment("TROUPE_DATA").empty();
}

core::result<node_address> verb_call::address() const {
  if (given_node().empty() && names_data())
    return node_address{socket_path(data()), {}, 0};
  return choose_node(given_node(), data());
}

std::shared_ptr<core::api> verb_call::node_if_any() {
  auto where = address();
  if (!where)
    throw stop_verb{exit_usage, where.error().message, ""};
  connected_ = around_.connect(to_text(*where));
  // A socket whose node is gone must not hide one at the usual port.
  if (!connected_ && given_node().empty() && !names_data()
      && !where->unix_path.empty())
    connected_ = around_.connect(to_text(*choose_node("", "")));
  api_ = connected_.get();
  if (!connected_ && !given_node().empty())
    throw stop_verb{exit_no_node, no_node(*where).message, ""};
  return connected_;
}

core::api& verb_call::node() {
  if (!api_ && !node_if_any())
    throw stop_verb{exit_no_node, no_node(*address()).message, ""};
  return *api_;
}

core::origin verb_call::origin() const {
  return {"local", "cli", "", ""};
}

nlohmann::json verb_call::ask(const std::string& op,
                              const nlohmann::json& params,
                              const std::string& key, const std::string& file) {
  auto answer = std::make_shared<std::promise<core::api_answer>>();
  auto waiting = answer->get_future();
  node().call(
    {op, workspace(), origin(), core::text{core::to_compact(params)}, key},
    [answer](core::api_answer got) { answer->set_value(std::move(got)); });
  auto got = waiting.get();
  if (got.error)
    throw stop_for(got, file);
  auto body = nlohmann::json::parse(got.body.view(), nullptr, false);
  if (!body.is_object())
    throw stop_verb{exit_failure, "the node answered something that is no JSON",
                    "do node and program have the same version?"};
  return body;
}

} // namespace troupe::cli
