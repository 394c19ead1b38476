#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/error.hpp>

#include "gateway/house.hpp"

namespace troupe::gateway {

/// What a stream and those who write into it share.
struct stream_debt {
  std::atomic<size_t> owed_bytes{0};
  std::atomic<bool> open{true};
};

/// A connection whose answer to one request comes as Server-Sent Events.
class mcp_stream : public guest,
                   public std::enable_shared_from_this<mcp_stream> {
public:
  mcp_stream(house_ptr in, timed_stream stream,
             std::shared_ptr<stream_debt> debt, std::string request_id);
  ~mcp_stream() override;

  void start();
  /// `text` is whole events and counted as owed.
  void add(std::string text);
  /// Closes once all is written.
  void end();

  void leave() override;
  void close() override;

private:
  using error_code = boost::beast::error_code;

  void write();
  void on_written(error_code ec);
  void watch_for_end();
  void beat();

  const house_ptr house_;
  guest_entry entry_;
  timed_stream stream_;
  const std::shared_ptr<stream_debt> debt_;
  const std::string request_id_;
  boost::asio::steady_timer heartbeat_;
  std::string waiting_; // Until the write under way is done.
  std::string writing_;
  bool counted_ = true; // In `house::streams`.
  bool ending_ = false;
  char scrap_[256];
};

} // namespace troupe::gateway
