#include "gateway/sse_connection.hpp"

#include <utility>

#include <boost/asio/write.hpp>

namespace troupe::gateway {

namespace {

// Proxies must not gather what is to be read at once.
constexpr std::string_view stream_head = "HTTP/1.1 200 OK\r\n"
                                         "Server: troupe\r\n"
                                         "Content-Type: text/event-stream\r\n"
                                         "Cache-Control: no-store\r\n"
                                         "X-Accel-Buffering: no\r\n"
                                         "X-Content-Type-Options: nosniff\r\n"
                                         "Connection: close\r\n";

constexpr const char* comment = ":\n\n";

} // namespace

sse_connection::sse_connection(house_ptr in, timed_stream over,
                               std::string request_id)
  : house_(std::move(in)), entry_(house_, this), stream_(std::move(over)),
    request_id_(std::move(request_id)), heartbeat_(house_->io) {
  ++house_->streams;
  house_->figures.stream_opened();
}

void sse_connection::open(core::instant login_ends) {
  // The read that watches for the reader's end must not time out: it begins
  // before a write sets its deadline.
  stream_.expires_never();
  watch_for_end();
  std::string head{stream_head};
  head += "X-Request-Id: ";
  head += request_id_;
  add(head += "\r\n\r\n");
  beat();
  entry_.expires_at(login_ends);
}

void sse_connection::add(const std::string& text, size_t owed) {
  if (ending_)
    return;
  waiting_ += text;
  waiting_owed_ += owed;
  if (writing_.empty())
    write();
}

void sse_connection::end() {
  on_end();
  ending_ = true;
  if (writing_.empty() && waiting_.empty())
    close();
}

void sse_connection::close() {
  on_end();
  heartbeat_.cancel();
  stream_.close();
  if (std::exchange(counted_, false)) {
    --house_->streams;
    house_->figures.stream_ended();
  }
  entry_.leave();
}

void sse_connection::write() {
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

void sse_connection::on_written(error_code ec) {
  if (ec)
    return close();
  writing_.clear();
  auto owed = std::exchange(writing_owed_, 0);
  if (!waiting_.empty())
    write();
  else if (ending_)
    return close();
  on_paid(owed);
}

void sse_connection::watch_for_end() {
  stream_.async_read_some(boost::asio::buffer(scrap_),
                          [self = shared_from_this()](error_code ec, size_t) {
                            if (ec)
                              return self->close();
                            self->stream_.expires_never();
                            self->watch_for_end();
                          });
}

void sse_connection::beat() {
  heartbeat_.expires_after(house_->opts.stream_heartbeat);
  heartbeat_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (ec || !self || self->ending_)
      return;
    if (self->writing_.empty())
      self->add(comment);
    self->beat();
  });
}

} // namespace troupe::gateway
