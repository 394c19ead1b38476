#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/allocation.hpp"
#include "core/limits.hpp"
#include "gateway/options.hpp"
#include "runtime/config_outbound.hpp"
#include "runtime/config_report.hpp"
#include "runtime/queue_settings.hpp"
#include "services/process_contract.hpp"
#include "services/process_run.hpp"
#include "troupe/node.hpp"

// Everything that people can set: docs/configuration.md.

namespace troupe::runtime {

enum class agent_kind : uint8_t {
  echo,
  sleep,
  noop,
  shell,
  process,
  plugin,
  http,
};

/// How a process and the node talk.
enum class agent_protocol : uint8_t {
  once,    // A process for each task: its input, its output, its end.
  jsonrpc, // One process for many tasks, in messages.
};

std::string_view word_of(agent_kind kind);

/// One agent as a file describes it.
struct agent_config {
  profile who;
  agent_kind kind = agent_kind::echo;
  /// Of `process`; a shell takes all but the command from it.
  services::spawn_spec program;
  services::run_limits limits;
  services::answer_form answers = services::answer_form::output;
  agent_protocol protocol = agent_protocol::once;
  bool capabilities_named = false; // Else a long-lived one may announce any.
  std::chrono::milliseconds time_max{0}; // Of an attempt; 0: as the task says.
  /// Of `plugin`: the shared library, and which of its agents.
  std::string library;
  std::string agent;
  http_agent_config http; // Of `http`.
  /// Not 0: none is there until there is work for it, and then so many at most.
  uint32_t on_demand = 0;
  std::chrono::milliseconds idle{300'000}; // Then one without work ends.
};

/// What a node without a file has: echo, sleep, noop and shell.
std::vector<agent_config> usual_agents();

/// Somebody whose tokens are taken.
struct issuer_config {
  std::string name;
  std::string issuer;            // The claim `iss`.
  std::vector<std::string> keys; // References: "file:PATH", "env:NAME", ...
  std::string jwks;              // "file:PATH" or a URL; empty: none.

  bool operator==(const issuer_config&) const = default;
};

/// Who has to log in. Without issuers nobody has to.
struct auth_config {
  std::string audience = "troupe";
  core::duration leeway = std::chrono::seconds{30};
  std::vector<issuer_config> issuers;

  bool operator==(const auth_config&) const = default;
};

/// A whole node. Valid as it stands.
struct node_config {
  node_options node;
  /// How long a stop waits for what runs.
  std::chrono::milliseconds stop_deadline{10'000};
  gateway::gateway_options gateway; // Without doors: neither address is set.
  auth_config auth;
  std::vector<agent_config> agents = usual_agents();
  core::allocation_options allocation;
  core::limits_options limits;
  std::map<std::string, core::workspace_share> workspaces;
  outbound_config outbound;
  std::map<std::string, webhook_config> webhooks; // By name.
  traces_config traces;
  log_config log;
  queue_settings task_queue;
};

/// Where settings come from; what is further down wins.
struct config_sources {
  std::string file;                               // Empty: none.
  std::map<std::string, std::string> environment; // TROUPE_*; others ignored.
  std::string data;                               // Empty: not given.
  std::string listen;                             // The same.
  std::vector<std::string> set;                   // "node.threads=4"
};

struct loaded_config {
  std::optional<node_config> value;
  /// Where, what, how to mend it. Empty: it is valid.
  std::vector<config_problem> problems;
  /// By JSON pointer, all that somebody said.
  std::map<std::string, config_origin> said;
};

/// One a line.
std::vector<std::string> lines_of(const std::vector<config_problem>& all);

/// Reads the file, if there is one, and lays the rest over it.
loaded_config load_config(const config_sources& from);

/// The same from a text; `from.file` only names it.
loaded_config read_config(std::string_view text, const config_sources& from);

/// Every setting of a valid one in the order of the page: its value, and where
/// that comes from.
std::vector<shown_setting> shown_settings(const loaded_config& from);

/// The variables of this process that start with TROUPE_.
std::map<std::string, std::string> troupe_environment();

} // namespace troupe::runtime
