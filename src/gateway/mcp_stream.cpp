#include "gateway/mcp_stream.hpp"

#include <algorithm>
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
constexpr std::string_view comment = ":\n\n";

} // namespace

mcp_stream::mcp_stream(house_ptr in, timed_stream stream,
                       std::shared_ptr<stream_debt> debt,
                       std::string request_id)
  : house_(std::move(in)), entry_(house_, this), stream_(std::move(stream)),
    debt_(std::move(debt)), request_id_(std::move(request_id)),
    heartbeat_(house_->io) {
  ++house_->streams;
  house_->figures.stream_opened();
}

mcp_stream::~mcp_stream() {
  debt_->open = false;
}

void mcp_stream::start() {
  std::string head{stream_head};
  head += "X-Request-Id: ";
  head += request_id_;
  head += "\r\n\r\n";
  debt_->owed_bytes += head.size();
  add(std::move(head));
  watch_for_end();
  beat();
}

void mcp_stream::add(std::string text) {
  if (ending_)
    return;
  waiting_ += text;
  if (writing_.empty())
    write();
}

void mcp_stream::end() {
  debt_->open = false;
  ending_ = true;
  if (writing_.empty() && waiting_.empty())
    close();
}

void mcp_stream::leave() {
  // A comment is never owed to anybody, so it is not counted.
  if (!ending_)
    waiting_ += ": the node is stopping; come again\n\n";
  if (writing_.empty())
    write();
  end();
}

void mcp_stream::close() {
  debt_->open = false;
  heartbeat_.cancel();
  stream_.close();
  if (std::exchange(counted_, false)) {
    --house_->streams;
    house_->figures.stream_ended();
  }
  entry_.leave();
}

void mcp_stream::write() {
  writing_.swap(waiting_);
  stream_.expires_after(house_->opts.write_timeout);
  boost::asio::async_write(stream_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](error_code ec, size_t) {
                             self->on_written(ec);
                           });
}

void mcp_stream::on_written(error_code ec) {
  if (ec)
    return close();
  debt_->owed_bytes -= std::min(writing_.size(), debt_->owed_bytes.load());
  writing_.clear();
  // The read that watches for the reader's end must not time out.
  stream_.expires_never();
  if (!waiting_.empty())
    return write();
  if (ending_)
    close();
}

void mcp_stream::watch_for_end() {
  stream_.async_read_some(boost::asio::buffer(scrap_),
                          [self = shared_from_this()](error_code ec, size_t) {
                            return ec ? self->close() : self->watch_for_end();
                          });
}

void mcp_stream::beat() {
  heartbeat_.expires_after(house_->opts.stream_heartbeat);
  heartbeat_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (ec || !self || self->ending_)
      return;
    if (self->writing_.empty()) {
      self->debt_->owed_bytes += comment.size();
      self->add(std::string{comment});
    }
    self->beat();
  });
}

} // namespace troupe::gateway
