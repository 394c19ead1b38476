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

} // namespace

std::string encode_event(const core::watch_event& event) {
  std::string out;
  out.reserve(event.cursor.size() + event.json.size() + 16);
  if (!event.cursor.empty())
    out += "id: " + event.cursor + "\n";
  // JSON on one line has no line breaks; a spread one gets a line of its own
  // for each.
  size_t from = 0;
  do {
    auto end = std::min(event.json.find('\n', from), event.json.size());
    out += "data: ";
    out.append(event.json, from, end - from);
    out += '\n';
    from = end + 1;
  } while (from < event.json.size());
  out += '\n';
  return out;
}

event_stream::event_stream(house_ptr in, timed_stream over,
                           core::watch_request what, std::string request_id)
  : house_(std::move(in)), entry_(house_, this), stream_(std::move(over)),
    what_(std::move(what)), request_id_(std::move(request_id)),
    heartbeat_(house_->io) {
  ++house_->streams;
}

void event_stream::start() {
  // What lies in the kernel is owed, too: bound it likewise.
  stream_.send_buffer_size(house_->opts.stream_buffer_bytes_max);
  auto head =
    std::string{stream_head} + "X-Request-Id: " + request_id_ + "\r\n\r\n";
  owed_bytes_ += head.size();
  // The read that watches for the reader's end must not time out: it begins
  // before a write sets its deadline.
  stream_.expires_never();
  watch_for_end();
  add(std::move(head));
  beat();
  // Weak: a reader that has gone must not be kept until the next event.
  auto sink = [weak = weak_from_this()](const core::watch_event& event) {
    auto self = weak.lock();
    return self && self->take(event);
  };
  house_->api->watch(what_, std::move(sink));
}

void event_stream::leave() {
  end_with(what_.run
             ? ": the node is stopping; come again with Last-Event-ID\n\n"
             : ": the node is stopping; come again\n\n");
}

void event_stream::close() {
  over_ = true;
  heartbeat_.cancel();
  stream_.close();
  if (std::exchange(counted_, false))
    --house_->streams;
  entry_.leave();
}

bool event_stream::take(const core::watch_event& event) {
  if (over_)
    return false;
  auto text = encode_event(event);
  auto size = text.size();
  auto self = shared_from_this();
  if (owed_bytes_.fetch_add(size) + size
      > house_->opts.stream_buffer_bytes_max) {
    over_ = true;
    house_->post([self] { self->fell_behind(); });
    return false;
  }
  if (event.last)
    over_ = true;
  auto posted =
    house_->post([self, text = std::move(text), last = event.last]() mutable {
      return last ? self->end_with(std::move(text))
                  : self->add(std::move(text));
    });
  return posted && !event.last;
}

void event_stream::add(std::string text) {
  if (ending_)
    return;
  waiting_ += text;
  if (writing_.empty())
    write();
}

void event_stream::end_with(std::string text) {
  add(std::move(text));
  over_ = true;
  ending_ = true;
}

void event_stream::fell_behind() {
  if (ending_)
    return;
  // What waits is complete events; the reader's last id is where it goes on.
  end_with("data: {\"kind\":\"lost\",\"why\":\"the reader fell behind by "
           + std::to_string(house_->opts.stream_buffer_bytes_max)
           + " bytes (stream_buffer_bytes_max)\",\"hint\":\"come again"
           + (what_.run ? " with Last-Event-ID" : "") + "\"}\n\n");
}

void event_stream::write() {
  writing_.swap(waiting_);
  stream_.expires_after(house_->opts.write_timeout);
  boost::asio::async_write(stream_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](error_code ec, size_t) {
                             self->on_written(ec);
                           });
}

void event_stream::on_written(error_code ec) {
  if (ec)
    return close();
  owed_bytes_ -= std::min(writing_.size(), owed_bytes_.load());
  writing_.clear();
  if (!waiting_.empty())
    return write();
  if (ending_)
    close();
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
    if (ec || !self || self->over_)
      return;
    if (self->writing_.empty()) {
      self->owed_bytes_ += 3;
      self->add(":\n\n");
    }
    self->beat();
  });
}

} // namespace troupe::gateway
