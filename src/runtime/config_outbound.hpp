#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/circuit_breaker.hpp"

// What people can set of all that leaves the node: agents behind HTTP,
// webhooks, traces, the log.

namespace troupe::runtime {

/// Of an agent of the kind `http`.
struct http_agent_config {
  std::string url;      // Whole, or a path under `outbound.base`.
  std::string secret;   // Where it is: "env:NAME", "file:PATH".
  std::string callback; // "https://HOST:PORT" of this node, as it is reached.
  std::chrono::milliseconds call_timeout{0}; // 0: the attempt's.
  std::chrono::milliseconds poll_every{2'000};
  uint64_t answer_bytes = 1024 * 1024;
  core::breaker_options breaker;

  bool operator==(const http_agent_config& x) const;
};

struct outbound_config {
  std::string base;    // Where paths of agents are.
  std::string ca_file; // Trusted beside the system's authorities.
  uint32_t connections_max = 50;
};

struct webhook_config {
  std::string url;
  std::string secret; // Where it is: "env:NAME", "file:PATH".
  std::string workspace = "default";
  std::vector<std::string> events; // Kinds of facts; empty: all.
  std::chrono::milliseconds timeout{10'000};
  uint32_t attempts_max = 10;
};

struct traces_config {
  std::string endpoint; // ".../v1/traces"; empty: none are sent.
  double sample = 1;    // Of those that nobody has decided on.
  std::chrono::milliseconds every{2'000};
};

enum class log_format : uint8_t { text, json };
enum class log_level : uint8_t { warning, info, debug };

struct log_config {
  log_format format = log_format::text;
  log_level level = log_level::warning;
  std::string file; // Empty: stderr.
};

} // namespace troupe::runtime
