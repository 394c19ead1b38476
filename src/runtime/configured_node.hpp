#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/http_server.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

enum class doors : uint8_t { open, none };

/// A node with the agents and the doors of a config: what the program runs. All
/// methods belong to one thread.
class configured_node {
public:
  explicit configured_node(node_config config);
  ~configured_node(); // Stops at once.

  configured_node(const configured_node&) = delete;
  configured_node& operator=(const configured_node&) = delete;

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
  const node_config config_;
  // In order of their lives: agents of the node use the spawner.
  std::unique_ptr<services::spawner> spawner_;
  std::unique_ptr<node> node_;
  std::unique_ptr<gateway::http_server> server_;
};

/// What the store in a data directory says of itself; harmless beside a running
/// node.
core::result<std::vector<std::string>> check_store(const std::string& data,
                                                   bool deep);

} // namespace troupe::runtime
