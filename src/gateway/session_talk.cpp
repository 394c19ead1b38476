#include "gateway/guarded_api.hpp"
#include "gateway/mcp_door.hpp"
#include "gateway/mcp_line.hpp"
#include "gateway/session.hpp"

// How a connection carries the MCP.

namespace troupe::gateway {

namespace {

/// What takes longer becomes a stream: it shows that it lives, and shows us
/// when nobody waits any more.
constexpr std::chrono::seconds silence_max{1};

} // namespace

void session::carry(talk what) {
  auto& server = house_->mcp->server;
  what.said.from.api = guarded(house_->api, request_.who);
  if (what.method == "DELETE")
    return answer(to_reply(server.leave(what.said)));
  if (house_->streams >= house_->opts.streams_max)
    return answer(busy_reply("streams_max", request_));
  std::string{}.swap(request_.body);
  auto number = open_question_ = ++questions_;
  auto self = shared_from_this();
  mcp_line::connection to;
  to.answer = [self, number](http_reply reply) {
    if (self->close_question(number))
      self->answer(std::move(reply));
  };
  to.stream = [self, number](std::shared_ptr<stream_debt> debt) {
    std::shared_ptr<mcp_stream> out;
    if (!self->close_question(number))
      return out;
    self->release_room();
    if (self->house_->stopping || !self->stream_.is_open()) {
      self->close();
      return out;
    }
    out =
      std::make_shared<mcp_stream>(self->house_, std::move(self->stream_),
                                   std::move(debt), self->request_.request_id);
    self->entry_.leave();
    out->start(self->request_.login_ends);
    return out;
  };
  auto line = std::make_shared<mcp_line>(house_, std::move(to));
  if (what.method == "GET") {
    if (auto no = server.listen(what.said, line))
      return line->finish(*no);
    return line->begin_stream();
  }
  deadline_.expires_after(silence_max);
  deadline_.async_wait([weak = std::weak_ptr{line}](error_code ec) {
    if (auto still = weak.lock(); still && !ec)
      still->begin_stream();
  });
  server.take(std::move(what.said), line);
}

} // namespace troupe::gateway
