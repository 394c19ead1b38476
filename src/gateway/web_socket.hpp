#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "gateway/exchange.hpp"
#include "gateway/house.hpp"
#include "gateway/outbox.hpp"
#include "gateway/stream_talk.hpp"

namespace troupe::gateway {

/// A connection that speaks WebSocket: many live streams over one of it, as its
/// reader subscribes to them. One that falls behind gets a notice with what to
/// do, and is dropped.
class web_socket : public guest,
                   public std::enable_shared_from_this<web_socket> {
public:
  /// `about`: the request that asked for it. `each`: what all of its
  /// subscriptions have in common.
  web_socket(house_ptr in, timed_stream over, http_request about,
             core::watch_request each);
  ~web_socket() override;

  /// Answers the request.
  void start();
  void leave() override;
  void expire() override;
  void close() override;

private:
  using error_code = boost::system::error_code;

  /// The protocol itself, which is large: only one file compiles it.
  struct wire;

  struct subscription {
    std::string id;
    std::string cursor; // The newest that was told.
    bool metrics = false;
    std::shared_ptr<std::atomic<bool>> gone; // For its stream.
  };

  /// What is to be written, and what it is owed as.
  struct letter {
    std::string text;
    size_t owed_bytes = 0;
  };

  void on_accepted(error_code ec);
  void read();
  void on_read(error_code ec);
  void obey(subscribe_message what);
  void obey(const unsubscribe_message& what);
  void obey(const ping_message& what);
  void obey(const bad_message& what);
  std::optional<complaint> refuse(const subscribe_message& what) const;
  void look_up(subscribe_message what);
  void subscribe(subscribe_message what);
  void refuse_with(const std::string& id, const http_reply& why);

  void measure();
  void tell_metrics(const core::api_answer& got);

  void take_out();
  void take_all();
  void take_parcel(const outbox::parcel& x);
  void say(std::string text, size_t owed_bytes = 0);
  void write();
  void on_written(error_code ec);
  void end_with(std::string text, uint16_t close_code);
  void close_within(std::chrono::milliseconds time);
  void close_in_order();

  const house_ptr house_;
  guest_entry entry_;
  const http_request about_;
  const core::watch_request each_;
  std::unique_ptr<wire> wire_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer measuring_;
  std::shared_ptr<outbox> box_;
  std::map<uint32_t, subscription> subscriptions_; // By channel.
  size_t looks_ = 0;                               // Runs being looked up.
  uint32_t channels_ = 0;                          // So far.
  std::deque<letter> letters_; // The first is being written.
  uint16_t close_code_ = 0;    // When all is written.
  bool reading_ = false;
  bool counted_ = true; // In `house::streams`.
  bool ending_ = false;
};

} // namespace troupe::gateway
