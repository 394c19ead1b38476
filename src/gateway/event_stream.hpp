#pragma once

#include <memory>
#include <string>

#include "gateway/outbox.hpp"
#include "gateway/sse_connection.hpp"

namespace troupe::gateway {

/// An event as Server-Sent Events say it. One without text only moves the
/// reader's last id on.
std::string encode_event(const core::watch_event& event);

/// A connection that has become a live stream. One that falls behind gets a
/// notice with what to do, and is dropped.
class event_stream : public sse_connection {
public:
  event_stream(house_ptr in, timed_stream over, core::watch_request what,
               std::string request_id);

  /// Until `login_ends`, if that has an end.
  void start(core::instant login_ends);
  void leave() override;
  void expire() override;

private:
  void take_out();
  void on_paid(size_t owed) override;
  void on_end() override;

  core::watch_request what_;
  std::shared_ptr<outbox> box_;
};

} // namespace troupe::gateway
