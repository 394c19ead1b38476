#include "gateway/event_stream.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/write.hpp>

namespace troupe::gateway {

namespace {

constexpr std::string_view stream_head = "HTTP/1.1 200 OK\r\n"
                                         "Server: troupe\r\n"
                                         "Content-Type: text/event-stream\r\n"
                                         "Cache-Control: no-store\r\n"
                                         "X-Content-Type-Options: nosniff\r\n"
                                         "Connection: close\r\n";

constexpr std::string_view heartbeat = ":\n\n";

void append_event(std::string& out, const core::watch_event& event) {
  if (!event.cursor.empty())
    out.append("id: ").append(event.cursor) += '\n';
  // JSON on one line has no line breaks; a spread one gets a line of its own
  // for each.
  for (size_t from = 0; from < event.json.size();) {
    auto end = std::min(event.json.find('\n', from), event.json.size());
    out.append("data: ").append(event.json, from, end - from) += '\n';
    from = end + 1;
  }
  if (!event.cursor.empty() || !event.json.empty())
    out += '\n';
}

void write_event(outbox::parcel& to, const core::watch_event& event) {
  append_event(to.text, event);
}

} // namespace

std::string encode_event(const core::watch_event& event) {
  std::string out;
  append_event(out, event);
  return out;
}

event_stream::event_stream(house_ptr in, timed_stream over,
                           core::watch_request what, std::string request_id)
  : house_(std::move(in)), entry_(house_, this), stream_(std::move(over)),
    what_(std::move(what)), request_id_(std::move(request_id)),
    heartbeat_(house_->io) {
  ++house_->streams;
  house_->figures.stream_opened();
}

void event_stream::start() {
  // What lies in the kernel is owed, too: bound it likewise.
  stream_.send_buffer_size(house_->opts.stream_buffer_bytes_max);
  // The read that watches for the reader's end must not time out: it begins
  // before a write sets its deadline.
  stream_.expires_never();
  watch_for_end();
  std::string head{stream_head};
  head += "X-Request-Id: ";
  head += request_id_;
  add(head += "\r\n\r\n");
  beat();
  // Weak: a reader that has gone must not be kept until the next event.
  box_ =
    std::make_shared<outbox>(house_, write_event, [weak = weak_from_this()] {
      if (auto self = weak.lock())
        self->take_out();
    });
  what_.pace = box_;
  house_->api->watch(what_, [box = box_](const core::watch_event& event) {
    auto more = box->put(0, event);
    if (event.last)
      box->shut();
    return more;
  });
}

void event_stream::leave() {
  end_with(": the node is stopping; come again with Last-Event-ID\n\n");
}

void event_stream::close() {
  if (box_)
    box_->shut();
  heartbeat_.cancel();
  stream_.close();
  if (std::exchange(counted_, false)) {
    --house_->streams;
    house_->figures.stream_ended();
  }
  entry_.leave();
}

void event_stream::take_out() {
  for (auto& x : box_->take()) {
    waiting_owed_ += x.owed_bytes;
    if (x.last)
      end_with(x.text);
    else
      add(x.text);
  }
  if (!box_->is_over())
    return;
  house_->figures.stream_fell_behind();
  // What waits is complete events; the reader's last id is where it goes on.
  end_with("data: {\"kind\":\"lost\",\"why\":\"the reader fell behind by "
           + std::to_string(house_->opts.stream_buffer_bytes_max)
           + " bytes (stream_buffer_bytes_max)\",\"hint\":\"come again with "
             "Last-Event-ID\"}\n\n");
}

void event_stream::add(const std::string& text) {
  if (ending_)
    return;
  waiting_ += text;
  if (writing_.empty())
    write();
}

void event_stream::end_with(const std::string& text) {
  add(text);
  if (box_)
    box_->shut();
  ending_ = true;
}

void event_stream::write() {
  writing_.swap(waiting_);
  std::swap(writing_owed_, waiting_owed_);
  if (writing_.empty())
    return;
  stream_.expires_after(house_->opts.write_timeout);
  boost::asio::async_write(stream_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](error_code ec, size_t) {
                             self->on_written(ec);
                           });
}

void event_stream::on_written(error_code ec) {
  if (ec)
    return close();
  writing_.clear();
  auto owed = std::exchange(writing_owed_, 0);
  if (!waiting_.empty())
    write();
  else if (ending_)
    return close();
  box_->paid(owed);
}

void event_stream::watch_for_end() {
  stream_.async_read_some(boost::asio::buffer(scrap_),
                          [self = shared_from_this()](error_code ec, size_t) {
                            if (ec)
                              return self->close();
                            self->stream_.expires_never();
                            self->watch_for_end();
                          });
}

void event_stream::beat() {
  heartbeat_.expires_after(house_->opts.stream_heartbeat);
  heartbeat_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (ec || !self || self->ending_)
      return;
    if (self->writing_.empty())
      self->add(std::string{heartbeat});
    self->beat();
  });
}

} // namespace troupe::gateway
