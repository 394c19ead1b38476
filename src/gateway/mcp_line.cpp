#include "gateway/mcp_line.hpp"

#include <utility>

#include "mcp/wire.hpp"

namespace troupe::gateway {

namespace {

std::string event_of(const nlohmann::json& message) {
  return "event: message\ndata: " + mcp::to_line(message) + "\n\n";
}

} // namespace

mcp_line::mcp_line(house_ptr in, connection to)
  : house_(std::move(in)), to_(std::move(to)) {}

bool mcp_line::send(const nlohmann::json& message) {
  if (!debt_->open)
    return false;
  auto text = event_of(message);
  auto size = text.size();
  // Only news are refused to a slow reader, never the answer.
  if (debt_->owed_bytes + size > house_->opts.stream_buffer_bytes_max)
    return false;
  debt_->owed_bytes += size;
  return house_->post(
    [self = shared_from_this(), text = std::move(text)] { self->put(text); });
}

void mcp_line::finish(const mcp::reply& last) {
  house_->post([self = shared_from_this(), last] { self->end(last); });
}

bool mcp_line::open() const {
  return debt_->open;
}

void mcp_line::begin_stream() {
  if (stream_ || !to_.stream)
    return;
  stream_ = to_.stream(debt_);
  to_ = {};
  if (!stream_)
    debt_->open = false;
}

void mcp_line::put(const std::string& text) {
  begin_stream();
  if (stream_)
    stream_->say(text);
}

void mcp_line::end(const mcp::reply& last) {
  debt_->open = false;
  if (stream_) {
    if (!last.message.is_null()) {
      auto text = event_of(last.message);
      debt_->owed_bytes += text.size();
      stream_->say(text);
    }
    stream_->end();
    stream_ = nullptr;
  } else if (to_.answer) {
    std::exchange(to_, {}).answer(to_reply(last));
  }
}

http_reply to_reply(const mcp::reply& what) {
  http_reply out;
  out.status = what.status;
  if (!what.message.is_null())
    out.body = mcp::to_line(what.message);
  if (!what.session.empty())
    out.headers.emplace_back("Mcp-Session-Id", what.session);
  if (what.status == 405)
    out.headers.emplace_back("Allow", "POST");
  return out;
}

} // namespace troupe::gateway
