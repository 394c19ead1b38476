#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/parcels.hpp"
#include "core/api.hpp"
#include "gateway/http_server.hpp"
#include "runtime/agent_kinds.hpp"
#include "runtime/config.hpp"
#include "runtime/http_agents.hpp"
#include "runtime/login_source.hpp"
#include "runtime/node_log.hpp"
#include "runtime/reload.hpp"
#include "runtime/trace_exporter.hpp"
#include "runtime/webhooks.hpp"

namespace troupe::runtime {

enum class doors : uint8_t { open, none };

/// A node with the agents and the doors of a valid config: what the program
/// runs. All methods belong to one thread.
class configured_node {
public:
  explicit configured_node(loaded_config config);
  ~configured_node(); // Stops at once.

  configured_node(const configured_node&) = delete;
  configured_node& operator=(const configured_node&) = delete;

  /// Before `start`: how the configuration is read again, for `reload`.
  void can_reload(std::function<loaded_config()> read);

  /// Starts the spawner, the node, then the doors. Once.
  failure start(doors which);

  /// Closes the doors, then stops the node; both within `stop_deadline`.
  failure stop();
  failure stop(std::chrono::milliseconds deadline);

  /// Lives as long as the node.
  std::shared_ptr<core::api> api();

  /// Where it listens: "http://127.0.0.1:8765", "unix:PATH".
  std::vector<std::string> addresses() const;

private:
  agent_means means();
  std::function<void(const core::queue_alert&)>
  alert_routes(std::function<void(const std::string&)> warn);
  failure make_node();
  failure join_api();
  failure begin_webhooks();
  failure open_doors();
  failure read_login();
  failure open_spawner(const std::vector<agent_config>& agents);
  core::api_answer reload();
  core::result<login_source::proposal> propose_login(const auth_config& auth);
  core::result<crew_change> plan_crew(const config_change& x,
                                      const std::vector<agent_config>& all);
  failure apply(crew_change change);

  node_config config_; // As it was started.
  std::function<loaded_config()> read_;
  std::mutex reloading_;
  loaded_config present_; // With the agents of the newest reload.
  size_t process_slots_max_ = 0;
  // In order of their lives.
  node_log log_;
  trace_exporter traces_;
  trace_board trace_board_;
  http_agents http_agents_; // Its client ends before what it calls back.
  /// Of webhooks and traces: agents that take long must not keep them from
  /// going out.
  outbound::http_client messenger_;
  webhooks webhooks_;
  /// Agents of the node use it; the command of an alert that ends with it warns
  /// through all of the above.
  std::unique_ptr<services::spawner> spawner_;
  std::unique_ptr<node> node_;
  std::shared_ptr<gateway::http_server> server_;
  std::shared_ptr<login_source> login_; // Tells the server.
};

/// What the store in a data directory says of itself; harmless beside a running
/// node.
core::result<std::vector<std::string>> check_store(const std::string& data,
                                                   bool deep);

} // namespace troupe::runtime
