#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "agents/http_agent.hpp"
#include "core/api.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// What agents behind HTTP have in common on a node. Lives longer than they.
/// Thread-safe.
class http_agents {
public:
  using trace_source = std::function<std::string(const task&)>;

  explicit http_agents(const outbound_config& how, trace_source traces = {});

  /// Fails where its secret is not there, or its path has no base.
  core::result<reactive_factory> make(const agent_config& x);

  /// Adds what is known of an agent to what `agents` says of it.
  void add_to(nlohmann::json& entry) const;

  /// What an agent says about work that it took on; the operation `callback`.
  core::api_answer take(const std::string& token, const std::string& body);

  outbound::http_client& client() { return client_; }

private:
  const outbound_config how_;
  const trace_source traces_;
  agents::callback_board callbacks_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<agents::http_endpoint>> all_;
  outbound::http_client client_; // Ends first: its calls use the rest.
};

/// How the node calls others.
outbound::client_options client_options_of(const outbound_config& how);

/// The system's clock.
core::instant utc_now();

/// The address of an agent; a path is one under `outbound.base`.
core::result<core::url> url_of(const agent_config& x,
                               const outbound_config& how);

} // namespace troupe::runtime
