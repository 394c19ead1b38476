#include <algorithm>
#include <array>

#include "runtime/config_values.hpp"

namespace troupe::runtime {

namespace {

constexpr std::array<std::pair<std::string_view, agent_kind>, 7> kind_words{
  {{"echo", agent_kind::echo},
   {"sleep", agent_kind::sleep},
   {"noop", agent_kind::noop},
   {"shell", agent_kind::shell},
   {"process", agent_kind::process},
   {"plugin", agent_kind::plugin},
   {"http", agent_kind::http}}};

constexpr std::array<std::pair<std::string_view, services::answer_form>, 2>
  answer_words{{{"output", services::answer_form::output},
                {"envelope", services::answer_form::envelope}}};

constexpr std::array<std::pair<std::string_view, agent_protocol>, 2>
  protocol_words{
    {{"once", agent_protocol::once}, {"jsonrpc", agent_protocol::jsonrpc}}};

// Those that hold no thread, and those that are processes beside each other.
constexpr uint32_t light_load_max = 1000;
constexpr uint32_t process_load_max = 4;
constexpr uint32_t plugin_load_max = 3; // Each may hold a thread.
constexpr uint32_t http_load_max = 10;

bool has_process(agent_kind kind) {
  return kind == agent_kind::shell || kind == agent_kind::process;
}

agent_config usual_agent(std::string name, agent_kind kind) {
  agent_config out;
  out.kind = kind;
  out.who.name = std::move(name);
  auto outside = has_process(kind);
  auto plugin = kind == agent_kind::plugin;
  auto http = kind == agent_kind::http;
  out.who.max_load = outside  ? process_load_max
                     : http   ? http_load_max
                     : plugin ? plugin_load_max
                              : light_load_max;
  out.who.pure = !outside && !plugin && !http;
  // Code of a team's own can do what its name says, the others what they are.
  out.who.capabilities = {out.who.name};
  if (kind != agent_kind::process && !plugin && !http)
    out.who.capabilities = {std::string{word_of(kind)}};
  return out;
}

} // namespace

std::string_view word_of(agent_kind kind) {
  for (const auto& [word, meaning] : kind_words)
    if (meaning == kind)
      return word;
  return "unknown";
}

std::vector<agent_config> usual_agents() {
  return {usual_agent("echo", agent_kind::echo),
          usual_agent("sleep", agent_kind::sleep),
          usual_agent("noop", agent_kind::noop),
          usual_agent("shell", agent_kind::shell)};
}

namespace config_reading {

namespace {

using namespace std::chrono_literals;

constexpr size_t capabilities_max = 64;
constexpr size_t agents_max = 10'000;
constexpr int64_t on_demand_max = 1'000;

void read_profile(object_reader& in, profile& to) {
  if (auto x = in.find("capabilities");
      x && x->read(to.capabilities, capabilities_max)) {
    if (x->kind() == core::node_kind::string)
      check_word(*x, to.capabilities[0], "a capability");
    for (size_t i = 0; i < (*x)->items.size(); ++i)
      check_word(x->item(i), to.capabilities[i], "a capability");
  }
  read_word(in, "specialisation", to.specialisation);
  in.read("max_load", to.max_load, bounds<int64_t>{1, 100'000});
  in.read("cost", to.cost, bounds<double>{0, 1e9});
  read_word(in, "region", to.region);
  in.read("pure", to.pure);
}

/// Agents that are made when there is work for them.
void read_on_demand(object_reader& in, agent_config& to) {
  in.read("on_demand", to.on_demand, bounds<int64_t>{0, on_demand_max});
  read_time(in, "idle", to.idle, bounds<core::duration>{1s, 24h * 365});
  if (to.on_demand == 0 && in.has("idle"))
    in.find("idle")->fail_at_key("`idle` is for agents that are made on demand",
                                 "add `on_demand: 1`, or remove it");
}

void read_environment(object_reader& in,
                      std::map<std::string, std::string>& to) {
  auto x = in.find("env");
  if (!x || x->kind() == core::node_kind::null)
    return;
  if (x->kind() != core::node_kind::object) {
    x->fail_expected("an object of texts", "e.g. `{LANG: C.UTF-8}`");
    return;
  }
  for (size_t i = 0; i < (*x)->items.size(); ++i) {
    auto item = x->item(i);
    if (item->key.empty() || item->key.find('=') != item->key.npos)
      item.fail_at_key("`" + item->key.substr(0, 60)
                         + "` cannot be the name of a variable",
                       "use letters, digits and `_`");
    // An empty variable is a thing; an empty text elsewhere is a mistake.
    if (item.kind() == core::node_kind::string && item->text.empty())
      to[item->key].clear();
    else
      item.read(to[item->key]);
  }
}

void read_limits(object_reader& in, agent_config& to) {
  auto& limits = to.program.limits;
  read_size(in, "memory", limits.memory_bytes_max, {mib, 1024 * gib});
  milliseconds cpu{0};
  read_time(in, "cpu", cpu, bounds<core::duration>{1s, 24h * 365});
  if (cpu > 0ms)
    limits.cpu_seconds_max = static_cast<uint64_t>(
      std::chrono::ceil<std::chrono::seconds>(cpu).count());
  in.read("files", limits.open_files_max, bounds<int64_t>{3, 1'000'000});
  read_size(in, "file_bytes", limits.file_bytes_max, {1, 1024 * gib});
  read_time(in, "time", to.time_max, bounds<core::duration>{1ms, 24h * 365});
  uint64_t output = to.limits.output_bytes_max;
  read_size(in, "stdout_bytes", output, {1, gib});
  to.limits.output_bytes_max = output;
  finish(in, "agents.*.limits");
}

void read_answers(object_reader& in, agent_config& to) {
  in.read("answers", to.answers,
          core::words<services::answer_form>{answer_words});
}

/// What only processes have; elsewhere it is a mistake to say it.
void read_process(object_reader& in, agent_config& to) {
  if (!has_process(to.kind)) {
    for (auto key :
         {"command", "args", "env", "dir", "limits", "answers", "protocol"}) {
      if (to.kind == agent_kind::http && key == std::string_view{"answers"}) {
        read_answers(in, to);
        continue;
      }
      if (auto x = in.find(key))
        x->fail_at_key("`" + std::string{key}
                         + "` is for agents of the kinds `shell` and `process`",
                       "remove it");
    }
    return;
  }
  std::string command;
  auto named = false;
  if (auto x = in.find("command"); x && x->kind() == core::node_kind::list)
    x->fail_expected("a text", "name the program here and the rest in `args`");
  else
    named = x && x->read(command);
  std::vector<std::string> args;
  in.read("args", args);
  read_environment(in, to.program.environment);
  in.read("dir", to.program.directory);
  read_answers(in, to);
  in.read("protocol", to.protocol, core::words<agent_protocol>{protocol_words});
  if (to.protocol == agent_protocol::jsonrpc && in.has("answers"))
    in.find("answers")->fail_at_key(
      "`answers` is for processes that run once for each task",
      "remove it; with `protocol: jsonrpc` tasks stand beside the output");
  section(in, "limits", [&](object_reader& inner) { read_limits(inner, to); });
  if (to.kind == agent_kind::shell)
    for (auto key : {"command", "args", "answers", "protocol"})
      if (in.has(key))
        in.find(key)->fail_at_key(
          "a shell has no `" + std::string{key} + "`",
          "its tasks bring the command; else use `kind: process`");
  if (to.kind != agent_kind::process)
    return;
  in.require("command", "name the program, e.g. `command: ./count.sh`");
  if (named)
    to.program.command = {std::move(command)};
  to.program.command.insert(to.program.command.end(), args.begin(), args.end());
}

/// What only plug-ins have.
void read_plugin(object_reader& in, agent_config& to) {
  if (to.kind != agent_kind::plugin) {
    for (auto key : {"library", "agent"})
      if (auto x = in.find(key))
        x->fail_at_key("`" + std::string{key}
                         + "` is for agents of the kind `plugin`",
                       "remove it");
    return;
  }
  in.require("library", "name the file, e.g. `library: ./libcount.so`");
  in.read("library", to.library);
  in.read("agent", to.agent);
}

void read_agent(const value& from, const agent_config* usual,
                std::vector<agent_config>& to) {
  object_reader in{from};
  auto kind = usual ? usual->kind : agent_kind::echo;
  auto known = in.read("kind", kind, core::words<agent_kind>{kind_words});
  if (!usual)
    in.require("kind",
               "one of echo, sleep, noop, shell, process, plugin and http");
  if (!known && (!usual || in.has("kind")))
    return; // What its fields mean depends on it.
  auto made =
    usual && usual->kind == kind ? *usual : usual_agent(from->key, kind);
  made.capabilities_named = in.has("capabilities");
  read_profile(in, made.who);
  read_on_demand(in, made);
  read_process(in, made);
  read_plugin(in, made);
  read_http_agent(in, made);
  finish(in, "agents.*");
  auto pos = std::find_if(to.begin(), to.end(), [&](const auto& x) {
    return x.who.name == made.who.name;
  });
  if (pos != to.end())
    *pos = std::move(made);
  else
    to.push_back(std::move(made));
}

} // namespace

void read_agents(const value& from, const std::vector<agent_config>& usual,
                 std::vector<agent_config>& to) {
  to = usual;
  object_reader all{from};
  if (from.kind() != core::node_kind::object)
    return;
  if (from->items.size() > agents_max) {
    from.fail("more than " + std::to_string(agents_max)
                + " agents (agents_max)",
              "share the work between nodes");
    return;
  }
  for (const auto& item : from->items) {
    auto x = *all.find(item.key);
    if (!check_word(x, item.key, "the name of an agent"))
      continue;
    auto pos = std::find_if(usual.begin(), usual.end(), [&](const auto& y) {
      return y.who.name == item.key;
    });
    read_agent(x, pos == usual.end() ? nullptr : &*pos, to);
  }
}

} // namespace config_reading

} // namespace troupe::runtime
