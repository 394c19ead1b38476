#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "agents/callback_board.hpp"
#include "core/circuit_breaker.hpp"
#include "core/http_contract.hpp"
#include "outbound/http_client.hpp"
#include "troupe/agent.hpp"

namespace troupe::agents {

/// Where an agent behind HTTP is, and how it is spoken to.
struct http_agent_options {
  std::string name; // Whom its tokens are for.
  core::url at;
  /// Signs its tokens; empty: it gets none.
  std::string secret;
  /// "https://troupe.example:8765", where it reaches this node; empty: it is
  /// only asked.
  std::string callback_base;
  core::http_rules rules;
  core::breaker_options breaker;
  /// Of the call that begins an attempt; 0: as long as that may take.
  std::chrono::milliseconds call_timeout{0};
  size_t answer_bytes_max = 1024 * 1024;
  /// What a token may live: no longer than its attempt either.
  core::duration token_lives{std::chrono::minutes{5}};
};

/// What an agent behind HTTP needs of its node. Lives longer than it.
struct http_means {
  outbound::http_client& client;
  callback_board& callbacks;
  std::function<core::instant()> now; // UTC; thread-safe.
  /// W3C trace context for an attempt; empty: none is sent.
  std::function<std::string(const task&)> traceparent;
};

/// One agent behind HTTP, for all its tasks. Thread-safe.
class http_endpoint {
public:
  http_endpoint(http_agent_options opts, http_means means)
    : opts_(std::move(opts)), means_(std::move(means)),
      breaker_(opts_.breaker) {}

  const http_agent_options& opts() const { return opts_; }
  const http_means& means() const { return means_; }

  /// Nothing: a call may go out now; else when to ask again.
  std::optional<core::duration> refused();
  void report(core::http_health how);
  void undecided();

  /// {"url", "breaker": {"state", "failures", "until"?}}.
  nlohmann::json shown() const;

private:
  const http_agent_options opts_;
  const http_means means_;
  mutable std::mutex mutex_;
  core::circuit_breaker breaker_;
};

/// An agent that is called over HTTP (docs/agents.md, "An agent behind HTTP").
/// Holds no thread while the other side works.
reactive_factory http_agent(std::shared_ptr<http_endpoint> at);

} // namespace troupe::agents
