#pragma once

#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "gateway/house.hpp"
#include "gateway/outbox.hpp"

namespace troupe::gateway {

/// An event as Server-Sent Events say it. One without text only moves the
/// reader's last id on.
std::string encode_event(const core::watch_event& event);

/// A connection that has become a live stream. One that falls behind gets a
/// notice with what to do, and is dropped.
class event_stream : public guest,
                     public std::enable_shared_from_this<event_stream> {
public:
  event_stream(house_ptr in, timed_stream over, core::watch_request what,
               std::string request_id);

  void start();
  void leave() override;
  void close() override;

private:
  using error_code = boost::system::error_code;

  void take_out();
  void add(const std::string& text);
  void end_with(const std::string& text);
  void write();
  void on_written(error_code ec);
  void watch_for_end();
  void beat();

  const house_ptr house_;
  guest_entry entry_;
  timed_stream stream_;
  core::watch_request what_;
  const std::string request_id_;
  boost::asio::steady_timer heartbeat_;
  std::shared_ptr<outbox> box_;
  std::string waiting_; // Until the write under way is done.
  std::string writing_;
  size_t waiting_owed_ = 0; // What the outbox counts for them.
  size_t writing_owed_ = 0;
  bool counted_ = true; // In `house::streams`.
  bool ending_ = false; // `waiting_` is the last.
  char scrap_[256];
};

} // namespace troupe::gateway
