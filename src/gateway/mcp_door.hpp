#pragma once

#include <memory>
#include <set>

#include <boost/asio/steady_timer.hpp>

#include "gateway/house.hpp"
#include "mcp/server.hpp"

namespace troupe::gateway {

/// The MCP server of a house, with its alarm clock.
struct mcp_door {
  explicit mcp_door(mcp::surroundings around) : server(std::move(around)) {}

  /// Lets go of all clients and alarms, which hold the house. After its thread
  /// has ended.
  void close();

  mcp::server server;
  /// On the house's thread.
  std::set<std::shared_ptr<boost::asio::steady_timer>> alarms;
};

std::unique_ptr<mcp_door> make_mcp_door(const house_ptr& in);

} // namespace troupe::gateway
