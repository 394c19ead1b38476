#include "gateway/event_stream.hpp"
#include "gateway/routes.hpp"
#include "gateway/session.hpp"
#include "gateway/web_socket.hpp"

// How a connection becomes a live stream.

namespace troupe::gateway {

void session::open(open_stream what) {
  if (!what.what.run || request_.method == "HEAD")
    return begin_stream(std::move(what.what));
  // A stream cannot say "not found", so the run is looked up first.
  forward look;
  look.call = {"run",
               what.what.workspace,
               what.what.by,
               core::text{R"({"run":")" + to_string(what.what.run) + "\"}"},
               {}};
  later(look, [look, what = std::move(what)](session& self,
                                             const core::api_answer& got) {
    if (got.error)
      self.answer(reply_to(look, got, self.request_));
    else
      self.begin_stream(what.what);
  });
}

void session::begin_stream(core::watch_request what) {
  if (request_.method == "HEAD") {
    http_reply head;
    head.content_type = "text/event-stream";
    return answer(std::move(head));
  }
  // Others may have come while a run was looked up.
  if (house_->streams >= house_->opts.streams_max)
    return answer(busy_reply("streams_max", request_));
  release_room();
  if (house_->stopping || !stream_.is_open())
    return close();
  house_->figures.answered(request_, 200, asked_at_);
  auto stream = std::make_shared<event_stream>(
    house_, std::move(stream_), std::move(what), request_.request_id);
  entry_.leave();
  stream->start(request_.login_ends);
}

void session::begin_socket(core::watch_request each) {
  if (house_->streams >= house_->opts.streams_max)
    return answer(busy_reply("streams_max", request_));
  release_room();
  // What came after the request would be lost; nobody may send it that early.
  if (house_->stopping || !stream_.is_open() || buffer_.size() > 0)
    return close();
  auto socket = std::make_shared<web_socket>(house_, std::move(stream_),
                                             request_, std::move(each));
  entry_.leave();
  socket->start();
}

} // namespace troupe::gateway
