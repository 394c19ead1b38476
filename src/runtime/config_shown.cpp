#include <nlohmann/json.hpp>

#include "core/json_text.hpp"
#include "core/secrets.hpp"
#include "runtime/config_overlay.hpp"
#include "runtime/config_values.hpp"

// The way back from a config: every setting as it would be written.

namespace troupe::runtime {

namespace {

using nlohmann::json;
using path = std::vector<std::string>;

json size_of(uint64_t bytes) {
  return config_reading::size_text(bytes);
}

json time_of(core::duration x) {
  return core::to_text(x);
}

json word_or_none(const std::string& x) {
  return x.empty() ? json(nullptr) : json(x);
}

json none_if_zero(uint64_t x, json shown) {
  return x == 0 ? json(nullptr) : std::move(shown);
}

class listing {
public:
  explicit listing(const loaded_config& from) : from_(from) {}

  /// `follows`: what it is made of where nobody said it.
  void add(const path& at, const json& value, const std::string& follows = {}) {
    auto shown = without_secrets_in(at.back(), value);
    put(at, shown, follows);
    out.back().hidden = shown != value;
  }

  /// What is no secret, though its name looks like one.
  void add_open(const path& at, const json& value) { put(at, value, {}); }

  /// Each member for itself: they can come from different places.
  template <class Value>
  void add_map(const path& at, const std::map<std::string, Value>& all) {
    if (all.empty())
      return add(at, json::object());
    for (const auto& [name, value] : all) {
      auto inner = at;
      inner.push_back(name);
      add(inner, value);
    }
  }

  bool said(const path& at) const {
    return from_.said.contains(pointer_of(at));
  }

  std::vector<shown_setting> out;

private:
  void put(const path& at, const json& shown, const std::string& follows) {
    shown_setting x;
    for (const auto& part : at)
      x.path += (x.path.empty() ? "" : ".") + part;
    x.value = core::to_compact(shown);
    if (auto pos = from_.said.find(pointer_of(at)); pos != from_.said.end()) {
      x.from = to_text(pos->second);
      x.said = true;
    } else {
      x.from = follows.empty() ? "default" : "follows " + follows;
    }
    out.push_back(std::move(x));
  }

  static json without_secrets_in(const std::string& name, const json& value) {
    if (value.is_array())
      return core::without_secrets(value.get<std::vector<std::string>>());
    if (!value.is_string())
      return value;
    if (core::names_a_secret(name) && value != "")
      return core::hidden_text;
    return core::without_secrets(value.get<std::string>());
  }

  const loaded_config& from_;
};

void add_node(const node_config& x, listing& to) {
  const auto& node = x.node;
  to.add({"node", "data"}, node.data.empty() ? "off" : node.data);
  to.add({"node", "durability"}, node.sync ? "full" : "relaxed");
  to.add({"node", "threads"}, node.threads);
  to.add({"node", "shards"}, node.shards);
  to.add({"node", "window"}, node.window);
  to.add({"node", "cancel_grace"}, time_of(node.cancel_grace));
  to.add({"node", "stop_deadline"}, time_of(x.stop_deadline));
  to.add({"node", "pending_bytes_max"}, size_of(node.pending_bytes_max));
  to.add({"node", "runs_kept"}, time_of(node.runs_kept));
  to.add({"node", "history_kept"}, time_of(node.history_kept));
  to.add({"node", "queued_max"}, node.queued_max);
  to.add({"node", "disk_reserve"}, size_of(node.disk_reserve));
  to.add({"node", "region"}, word_or_none(node.region));
}

json window_of(const std::optional<core::day_window>& x) {
  return x ? core::to_text(*x) : "off";
}

void add_task_queue(const queue_settings& x, listing& to) {
  const auto& calendar = x.calendar;
  auto add = [&](const char* name, const json& value) {
    to.add({"task_queue", name}, value);
  };
  add("zone", calendar.zone);
  add("at_once", x.at_once);
  add("timeout", time_of(x.attempts.timeout));
  add("sweep", x.sweep.count() > 0 ? time_of(x.sweep) : json("off"));
  add("cron", calendar.cron ? core::time_of_day_text(*calendar.cron) : "off");
  add("email", window_of(calendar.email));
  add("retries", window_of(calendar.retries));
  add("quiet", window_of(calendar.quiet));
  add("urgent_ignores_quiet", calendar.urgent_ignores_quiet);
  add("holidays", calendar.holidays);
  to.add_map({"task_queue", "agents"}, x.attempts.agents);
  auto add_alert = [&](const char* name, const json& value) {
    to.add({"task_queue", "alerts", name}, value);
  };
  add_alert("depth", x.alerts.depth_max);
  add_alert("failed_percent", x.alerts.failed_share_max * 100);
  add_alert("slow", time_of(x.alerts.slow_after));
  add_alert("command", word_or_none(x.alert_command));
}

std::string listen_text(const gateway::gateway_options& x) {
  if (x.listen.empty())
    return "off";
  auto v6 = x.listen.find(':') != x.listen.npos;
  return (v6 ? "[" + x.listen + "]" : x.listen) + ":" + std::to_string(x.port);
}

void add_gateway(const gateway::gateway_options& x, listing& to) {
  to.add({"gateway", "listen"}, listen_text(x));
  to.add({"gateway", "unix_socket"},
         x.unix_socket.empty() ? "off" : x.unix_socket,
         to.said({"node", "data"}) ? "node.data" : "");
  to.add({"gateway", "names"}, x.names.empty() ? json(nullptr) : json(x.names));
  to.add({"gateway", "without_tls_beyond_this_machine"},
         x.without_tls_beyond_this_machine);
  to.add({"gateway", "without_login_beyond_this_machine"},
         x.without_login_beyond_this_machine);
  to.add({"gateway", "tls", "certificate"}, word_or_none(x.tls.certificate));
  // The path of it, not the key.
  to.add_open({"gateway", "tls", "key"}, word_or_none(x.tls.key));
  auto add = [&](const char* name, const json& value) {
    to.add({"gateway", "limits", name}, value);
  };
  add("address_requests_per_second", x.address_requests_per_second);
  add("principal_requests_per_second", x.principal_requests_per_second);
  add("workspace_requests_per_second", x.workspace_requests_per_second);
  add("url_bytes_max", size_of(x.url_bytes_max));
  add("header_bytes_max", size_of(x.header_bytes_max));
  add("body_bytes_max", size_of(x.body_bytes_max));
  add("bodies_bytes_max", size_of(x.bodies_bytes_max));
  add("connections_max", x.connections_max);
  add("requests_in_flight_max", x.requests_in_flight_max);
  add("streams_max", x.streams_max);
  add("stream_buffer_bytes_max", size_of(x.stream_buffer_bytes_max));
  add("handshake_timeout", time_of(x.handshake_timeout));
  add("stream_message_bytes_max", size_of(x.stream_message_bytes_max));
  add("subscriptions_max", x.subscriptions_max);
  add("gzip_bytes_min", size_of(x.gzip_bytes_min));
  add("idle_timeout", time_of(x.idle_timeout));
  add("read_timeout", time_of(x.read_timeout));
  add("write_timeout", time_of(x.write_timeout));
  add("answer_timeout", time_of(x.answer_timeout));
  add("stream_heartbeat", time_of(x.stream_heartbeat));
  add("stream_metrics_interval", time_of(x.stream_metrics_interval));
}

/// References to keys are no secrets.
void add_auth(const auth_config& x, listing& to) {
  to.add_open({"auth", "audience"}, x.audience);
  to.add_open({"auth", "leeway"}, time_of(x.leeway));
  if (x.issuers.empty())
    to.add_open({"auth", "issuers"}, json::object());
  for (const auto& issuer : x.issuers) {
    auto add = [&](const char* name, const json& value) {
      to.add_open({"auth", "issuers", issuer.name, name}, value);
    };
    add("issuer", issuer.issuer);
    add("keys", issuer.keys.empty() ? json(nullptr) : json(issuer.keys));
    add("jwks", word_or_none(core::without_secrets(issuer.jwks)));
  }
}

/// Of agents that are processes.
void add_program(const agent_config& x, listing& to) {
  const auto& program = x.program;
  const auto& name = x.who.name;
  if (x.kind == agent_kind::process) {
    auto words = program.command;
    to.add({"agents", name, "command"}, words.empty() ? "" : words[0]);
    words.erase(words.begin(), words.begin() + (words.empty() ? 0 : 1));
    to.add({"agents", name, "args"}, words);
    to.add({"agents", name, "answers"},
           x.answers == services::answer_form::output ? "output" : "envelope");
    to.add({"agents", name, "protocol"},
           x.protocol == agent_protocol::once ? "once" : "jsonrpc");
  }
  to.add_map({"agents", name, "env"}, program.environment);
  to.add({"agents", name, "dir"}, word_or_none(program.directory));
  auto add = [&](const char* limit, const json& value) {
    to.add({"agents", name, "limits", limit}, value);
  };
  const auto& most = program.limits;
  add("memory",
      none_if_zero(most.memory_bytes_max, size_of(most.memory_bytes_max)));
  add("cpu", none_if_zero(most.cpu_seconds_max,
                          time_of(std::chrono::seconds{most.cpu_seconds_max})));
  add("files", most.open_files_max);
  add("file_bytes",
      none_if_zero(most.file_bytes_max, size_of(most.file_bytes_max)));
  add("time", none_if_zero(static_cast<uint64_t>(x.time_max.count()),
                           time_of(x.time_max)));
  add("stdout_bytes", size_of(x.limits.output_bytes_max));
}

void add_http(const agent_config& x, listing& to) {
  const auto& http = x.http;
  const auto& name = x.who.name;
  auto add = [&](const char* key, const json& value) {
    to.add({"agents", name, key}, value);
  };
  add("url", http.url);
  // Where it is, is no secret.
  to.add_open({"agents", name, "secret"}, word_or_none(http.secret));
  add("callback", word_or_none(http.callback));
  add("call_timeout", time_of(http.call_timeout));
  add("poll_every", time_of(http.poll_every));
  add("answer_bytes", size_of(http.answer_bytes));
  add("answers",
      x.answers == services::answer_form::output ? "output" : "envelope");
  to.add({"agents", name, "breaker", "failures"}, http.breaker.failures_max);
  to.add({"agents", name, "breaker", "open_for"},
         time_of(http.breaker.open_for));
  to.add({"agents", name, "breaker", "open_max"},
         time_of(http.breaker.open_max));
}

void add_agent(const agent_config& x, listing& to) {
  const auto& who = x.who;
  auto add = [&](const char* name, const json& value,
                 const std::string& follows = {}) {
    to.add({"agents", who.name, name}, value, follows);
  };
  add("kind", word_of(x.kind));
  add("capabilities", who.capabilities);
  add("specialisation", word_or_none(who.specialisation));
  add("max_load", who.max_load);
  add("cost", who.cost);
  add("region", word_or_none(who.region),
      to.said({"node", "region"}) ? "node.region" : "");
  add("pure", who.pure);
  add("on_demand", x.on_demand);
  if (x.on_demand > 0)
    add("idle", time_of(x.idle));
  if (x.kind == agent_kind::shell || x.kind == agent_kind::process)
    add_program(x, to);
  if (x.kind == agent_kind::plugin) {
    add("library", x.library);
    add("agent", word_or_none(x.agent));
  }
  if (x.kind == agent_kind::http)
    add_http(x, to);
}

void add_outbound(const node_config& x, listing& to) {
  to.add({"outbound", "base"}, word_or_none(x.outbound.base));
  to.add({"outbound", "ca_file"},
         x.outbound.ca_file.empty() ? "off" : x.outbound.ca_file);
  to.add({"outbound", "connections_max"}, x.outbound.connections_max);
  if (x.webhooks.empty())
    to.add({"webhooks"}, json::object());
  for (const auto& [name, hook] : x.webhooks) {
    to.add({"webhooks", name, "url"}, hook.url);
    to.add_open({"webhooks", name, "secret"}, word_or_none(hook.secret));
    to.add({"webhooks", name, "workspace"}, hook.workspace);
    to.add({"webhooks", name, "events"}, hook.events);
    to.add({"webhooks", name, "timeout"}, time_of(hook.timeout));
    to.add({"webhooks", name, "attempts_max"}, hook.attempts_max);
  }
  to.add({"traces", "endpoint"}, word_or_none(x.traces.endpoint));
  to.add({"traces", "sample"}, x.traces.sample);
  to.add({"traces", "every"}, time_of(x.traces.every));
  to.add({"log", "format"}, x.log.format == log_format::json ? "json" : "text");
  to.add({"log", "level"}, x.log.level == log_level::debug  ? "debug"
                           : x.log.level == log_level::info ? "info"
                                                            : "warning");
  to.add({"log", "file"}, x.log.file.empty() ? "off" : x.log.file);
}

void add_allocation(const core::allocation_options& x, listing& to) {
  auto weight = [&](const char* name, double value) {
    to.add({"allocation", "weights", name}, value);
  };
  weight("capability", x.weights.capability);
  weight("load", x.weights.load);
  weight("performance", x.weights.performance);
  weight("specialisation", x.weights.specialisation);
  to.add({"allocation", "ageing_step"}, time_of(x.ageing_step));
  to.add({"allocation", "starved_after"}, time_of(x.starved_after));
}

} // namespace

std::vector<shown_setting> shown_settings(const loaded_config& from) {
  const auto& config = *from.value;
  listing to{from};
  add_node(config, to);
  add_gateway(config.gateway, to);
  add_auth(config.auth, to);
  if (config.agents.empty())
    to.add({"agents"}, json::object());
  for (const auto& x : config.agents)
    add_agent(x, to);
  add_allocation(config.allocation, to);
  to.add_map({"limits", "resources"}, config.limits.resources);
  add_task_queue(config.task_queue, to);
  if (config.workspaces.empty())
    to.add({"workspaces"}, json::object());
  for (const auto& [name, share] : config.workspaces) {
    to.add({"workspaces", name, "weight"}, share.weight);
    to.add({"workspaces", name, "cap"}, share.cap);
  }
  add_outbound(config, to);
  return std::move(to.out);
}

} // namespace troupe::runtime
