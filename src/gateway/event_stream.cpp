#include "gateway/event_stream.hpp"

#include <algorithm>
#include <utility>

namespace troupe::gateway {

namespace {

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
  : sse_connection(std::move(in), std::move(over), std::move(request_id)),
    what_(std::move(what)) {}

void event_stream::start(core::instant login_ends) {
  // What lies in the kernel is owed, too: bound it likewise.
  stream().send_buffer_size(home().opts.stream_buffer_bytes_max);
  open(login_ends);
  // Weak: a reader that has gone must not be kept until the next event.
  box_ = std::make_shared<outbox>(
    home_ptr(), write_event, [weak = weak_from_this()] {
      if (auto self = weak.lock())
        static_cast<event_stream&>(*self).take_out();
    });
  what_.pace = box_;
  home().api->watch(what_, [box = box_](const core::watch_event& event) {
    auto more = box->put(0, event);
    if (event.last)
      box->shut();
    return more;
  });
}

void event_stream::leave() {
  add(": the node is stopping; come again with Last-Event-ID\n\n");
  end();
}

void event_stream::expire() {
  add("data: {\"kind\":\"lost\",\"why\":\"the token that opened this "
      "stream has expired, or logins were read anew\",\"hint\":\"come again "
      "with a new one and "
      "Last-Event-ID\"}\n\n");
  end();
}

void event_stream::take_out() {
  for (auto& x : box_->take()) {
    add(x.text, x.owed_bytes);
    if (x.last)
      end();
  }
  if (!box_->is_over())
    return;
  home().figures.stream_fell_behind();
  // What waits is complete events; the reader's last id is where it goes on.
  add("data: {\"kind\":\"lost\",\"why\":\"the reader fell behind by "
      + std::to_string(home().opts.stream_buffer_bytes_max)
      + " bytes (stream_buffer_bytes_max)\",\"hint\":\"come again with "
        "Last-Event-ID\"}\n\n");
  end();
}

void event_stream::on_paid(size_t owed) {
  box_->paid(owed);
}

void event_stream::on_end() {
  if (box_)
    box_->shut();
}

} // namespace troupe::gateway
