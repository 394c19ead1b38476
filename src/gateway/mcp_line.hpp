#pragma once

#include <functional>
#include <memory>

#include "gateway/exchange.hpp"
#include "gateway/house.hpp"
#include "gateway/mcp_stream.hpp"
#include "mcp/outlet.hpp"

namespace troupe::gateway {

/// Where the MCP server says what belongs to one HTTP request: as one JSON
/// answer, or, once something comes before the answer, as a stream.
class mcp_line : public mcp::outlet,
                 public std::enable_shared_from_this<mcp_line> {
public:
  /// Both are called on the house's thread, at most one of them, once.
  struct connection {
    std::function<void(http_reply)> answer;
    /// Null where the connection is gone.
    std::function<std::shared_ptr<mcp_stream>(std::shared_ptr<stream_debt>)>
      stream;
  };

  mcp_line(house_ptr in, connection to);

  // -- from any thread
  bool send(const nlohmann::json& message) override;
  void finish(const mcp::reply& last) override;
  bool open() const override;

  // -- on the house's thread
  /// Becomes a stream, if it is none and was not answered.
  void begin_stream();

private:
  void put(const std::string& text);
  void end(const mcp::reply& last);

  const house_ptr house_;
  const std::shared_ptr<stream_debt> debt_ = std::make_shared<stream_debt>();
  connection to_;
  std::shared_ptr<mcp_stream> stream_;
};

/// A last message as HTTP's answer.
http_reply to_reply(const mcp::reply& what);

} // namespace troupe::gateway
