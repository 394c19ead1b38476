#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "gateway/house.hpp"

namespace troupe::gateway {

/// An event as Server-Sent Events say it.
std::string encode_event(const core::watch_event& event);

/// A connection that has become a live stream. What the reader has not taken
/// yet is bounded: one that falls behind gets a notice with the cursor to go on
/// from, and is dropped.
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

  /// From any thread. False: no more, please.
  bool take(const core::watch_event& event);
  void add(std::string text);
  void end_with(std::string text);
  void fell_behind();
  void write();
  void on_written(error_code ec);
  void watch_for_end();
  void beat();

  const house_ptr house_;
  guest_entry entry_;
  timed_stream stream_;
  const core::watch_request what_;
  const std::string request_id_;
  boost::asio::steady_timer heartbeat_;
  std::string waiting_; // Until the write under way is done.
  std::string writing_;
  bool counted_ = true; // In `house::streams`.
  bool ending_ = false; // `waiting_` is the last.
  char scrap_[256];
  // The two that `take` shares with the house's thread.
  std::atomic<size_t> owed_bytes_{0};
  std::atomic<bool> over_{false};
};

} // namespace troupe::gateway
