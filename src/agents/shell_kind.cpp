#include "agents/process_agent.hpp"
#include "agents/task_environment.hpp"
#include "core/json_text.hpp"
#include "services/process_contract.hpp"

namespace troupe::agents {

namespace {

constexpr size_t shown_bytes_max = 80; // Of the command, in messages.

failure wrong(std::string message) {
  return {errc::invalid, category::validation,
          "the input of shell: " + std::move(message)};
}

struct shell_input {
  std::string command;
  std::string directory;
  std::map<std::string, std::string> environment;
  bool allow_failure = false;
};

failure read_environment(const nlohmann::json& from, shell_input& into) {
  if (!from.is_object())
    return wrong("`env` must be an object");
  for (auto& [name, value] : from.items()) {
    if (value.is_null())
      return wrong("`env." + name + "` has no value");
    // What templates bring in may be of any kind.
    into.environment[name] =
      value.is_string() ? value.get<std::string>() : value.dump();
  }
  return {};
}

failure read_key(const std::string& key, const nlohmann::json& value,
                 shell_input& into) {
  if (key == "env")
    return read_environment(value, into);
  if (key == "allow_failure") {
    if (!value.is_boolean())
      return wrong("`allow_failure` must be true or false");
    into.allow_failure = value.get<bool>();
    return {};
  }
  if (key != "command" && key != "dir")
    return wrong("there is no `" + key
                 + "`; use command, dir, env and allow_failure");
  if (!value.is_string())
    return wrong("`" + key + "` must be a text");
  (key == "dir" ? into.directory : into.command) = value.get<std::string>();
  return {};
}

core::result<shell_input> read_input(const std::string& text) {
  auto json = core::parse_json(text, "the input of shell");
  if (!json)
    return json.error();
  if (!json->is_object())
    return wrong("it must be an object, e.g. {\"command\": \"make\"}");
  shell_input input;
  for (auto& [key, value] : json->items())
    if (auto why = read_key(key, value, input))
      return why;
  if (input.command.empty())
    return wrong("`command` is missing or empty, e.g. {\"command\": \"make\"}");
  return input;
}

std::string shown(const std::string& command) {
  if (command.size() <= shown_bytes_max)
    return command;
  auto cut = command.find_last_of(' ', shown_bytes_max);
  if (cut == std::string::npos || cut == 0)
    cut = shown_bytes_max;
  return services::valid_utf8(command.substr(0, cut)) + " ...";
}

class shell : public process_kind {
public:
  explicit shell(services::run_limits limits) : limits_(limits) {}

  core::result<services::run_request> plan(const task& t) const override {
    auto input = read_input(t.input);
    if (!input)
      return input.error();
    services::run_request request;
    request.program.command = {"/bin/sh", "-c", std::move(input->command)};
    request.program.directory = std::move(input->directory);
    request.program.environment = std::move(input->environment);
    add_task(request.program.environment, t);
    request.limits = limits_;
    return request;
  }

  outcome judge(const task& t, services::run_end end) const override {
    auto input = read_input(t.input); // It was good when the run began.
    auto name = input ? shown(input->command) : "sh";
    if (end.fate != services::run_fate::exited)
      return services::judge_violent_end(end, name);
    if (end.code != 0 && !(input && input->allow_failure))
      return outcome::failed(services::exit_message(end, name));
    nlohmann::json output{{"exit", end.code},
                          {"stdout", std::move(end.output)},
                          {"stderr", std::move(end.errors)}};
    return outcome::done(core::to_compact(output));
  }

private:
  services::run_limits limits_;
};

} // namespace

std::shared_ptr<const process_kind> shell_kind(services::run_limits limits) {
  return std::make_shared<shell>(limits);
}

} // namespace troupe::agents
