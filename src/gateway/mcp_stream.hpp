#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "gateway/sse_connection.hpp"

namespace troupe::gateway {

/// What a stream and those who write into it share.
struct stream_debt {
  std::atomic<size_t> owed_bytes{0};
  std::atomic<bool> open{true};
};

/// Where the MCP server's answer to one request goes.
class mcp_stream : public sse_connection {
public:
  mcp_stream(house_ptr in, timed_stream over, std::shared_ptr<stream_debt> debt,
             std::string request_id);
  ~mcp_stream() override;

  void start(core::instant login_ends) { open(login_ends); }
  /// `text` is whole events and counted as owed.
  void say(const std::string& text) { add(text, text.size()); }
  void leave() override;
  void expire() override;

private:
  void on_paid(size_t owed) override;
  void on_end() override;

  const std::shared_ptr<stream_debt> debt_;
};

} // namespace troupe::gateway
