#pragma once

#include <memory>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/error.hpp>

#include "gateway/house.hpp"

namespace troupe::gateway {

/// A connection whose answer to one request is Server-Sent Events, until one
/// side ends it. What it has to say comes from who derives.
class sse_connection : public guest,
                       public std::enable_shared_from_this<sse_connection> {
public:
  ~sse_connection() override = default;

  /// `text` is whole events. `owed` comes back with `on_paid`.
  void add(const std::string& text, size_t owed = 0);
  /// Nothing more is taken; closes once all is written.
  void end();

  void close() override;

protected:
  sse_connection(house_ptr in, timed_stream over, std::string request_id);

  /// Writes the head, and a comment now and then where nothing else is said.
  /// Expires with the login, if that has an end.
  void open(core::instant login_ends);
  timed_stream& stream() { return stream_; }
  house& home() const { return *house_; }
  const house_ptr& home_ptr() const { return house_; }

  /// The reader has taken it.
  virtual void on_paid(size_t owed) = 0;
  /// Nobody reads any more. May be told more than once.
  virtual void on_end() = 0;

private:
  using error_code = boost::system::error_code;

  void write();
  void on_written(error_code ec);
  void watch_for_end();
  void beat();

  const house_ptr house_;
  guest_entry entry_;
  timed_stream stream_;
  const std::string request_id_;
  boost::asio::steady_timer heartbeat_;
  std::string waiting_; // Until the write under way is done.
  std::string writing_;
  size_t waiting_owed_ = 0;
  size_t writing_owed_ = 0;
  bool counted_ = true; // In `house::streams`.
  bool ending_ = false; // `waiting_` is the last.
  char scrap_[256];
};

} // namespace troupe::gateway
