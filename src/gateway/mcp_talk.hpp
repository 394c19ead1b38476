#pragma once

#include <string_view>

#include "gateway/exchange.hpp"

namespace troupe::gateway {

/// A request to /mcp, for the MCP server.
decision talk_of(const http_request& req, std::string_view method,
                 std::string workspace, core::origin by);

} // namespace troupe::gateway
