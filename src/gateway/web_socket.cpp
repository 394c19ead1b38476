#include "gateway/web_socket.hpp"

#include <atomic>
#include <utility>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "core/json_text.hpp"
#include "core/time.hpp"

namespace troupe::gateway {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

namespace {

/// What may wait to be written before no more is read.
constexpr size_t letters_max = 64;
/// For the reader to answer our goodbye; a node that stops waits for it.
constexpr std::chrono::seconds goodbye_timeout{2};

complaint too_many(size_t limit) {
  return {429, "overloaded", std::string{message(errc::overloaded)},
          "at most " + std::to_string(limit)
            + " subscriptions over one connection (subscriptions_max); end "
              "some, or open another one"};
}

} // namespace

struct web_socket::wire {
  explicit wire(timed_stream over) : stream(std::move(over)) {}

  websocket::stream<timed_stream> stream;
  beast::flat_buffer buffer;
};

web_socket::web_socket(house_ptr in, timed_stream over, http_request about,
                       core::watch_request each)
  : house_(std::move(in)), entry_(house_, this), about_(std::move(about)),
    each_(std::move(each)), wire_(std::make_unique<wire>(std::move(over))),
    deadline_(house_->io), measuring_(house_->io) {
  ++house_->streams;
  house_->figures.stream_opened();
}

web_socket::~web_socket() = default;

// -- beginning and ending

void web_socket::start() {
  box_ = std::make_shared<outbox>(house_, write_message_event,
                                  [weak = weak_from_this()] {
                                    if (auto self = weak.lock())
                                      self->take_out();
                                  });
  auto& to = wire_->stream;
  to.next_layer().expires_never();
  // What lies in the kernel is owed, too: bound it likewise.
  to.next_layer().send_buffer_size(house_->opts.stream_buffer_bytes_max);
  to.read_message_max(house_->opts.stream_message_bytes_max);
  // A reader that says nothing is asked half way, and is gone at the end.
  websocket::stream_base::timeout limits{};
  limits.handshake_timeout = house_->opts.write_timeout;
  limits.idle_timeout = 2 * house_->opts.stream_heartbeat;
  limits.keep_alive_pings = true;
  to.set_option(limits);
  to.set_option(websocket::stream_base::decorator(
    [id = about_.request_id](websocket::response_type& answer) {
      answer.set(beast::http::field::server, "troupe");
      answer.set("X-Request-Id", id);
    }));
  beast::http::request<beast::http::empty_body> asked{beast::http::verb::get,
                                                      about_.target, 11};
  asked.set(beast::http::field::host, about_.host);
  asked.set(beast::http::field::connection, "Upgrade");
  asked.set(beast::http::field::upgrade, "websocket");
  asked.set("Sec-WebSocket-Key", about_.web_socket_key);
  asked.set("Sec-WebSocket-Version", about_.web_socket_version);
  to.async_accept(asked, [self = shared_from_this()](error_code ec) {
    self->on_accepted(ec);
  });
}

void web_socket::on_accepted(error_code ec) {
  if (ec)
    return close();
  wire_->stream.text(true);
  // A message is a frame: simple readers can do without joining pieces.
  wire_->stream.auto_fragment(false);
  measure();
  read();
  entry_.expires_at(about_.login_ends);
}

void web_socket::leave() {
  end_with(goodbye_text("bye", "the node is stopping"),
           websocket::close_code::going_away);
}

void web_socket::expire() {
  end_with(goodbye_text("bye", "the token that opened this connection has "
                               "expired, or logins were read anew; come again "
                               "with one that holds"),
           websocket::close_code::policy_error);
}

void web_socket::close() {
  ending_ = true;
  if (box_)
    box_->shut();
  for (auto& [channel, x] : subscriptions_)
    *x.gone = true;
  deadline_.cancel();
  measuring_.cancel();
  wire_->stream.next_layer().close();
  if (std::exchange(counted_, false)) {
    --house_->streams;
    house_->figures.stream_ended();
  }
  entry_.leave();
}

void web_socket::end_with(std::string text, uint16_t close_code) {
  if (ending_)
    return;
  say(std::move(text));
  ending_ = true;
  close_code_ = close_code;
  if (box_)
    box_->shut();
  // One that takes nothing gets no notice either.
  close_within(house_->opts.write_timeout);
}

void web_socket::close_within(std::chrono::milliseconds time) {
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this()](error_code ec) {
    if (auto self = weak.lock(); self && !ec)
      self->close();
  });
}

void web_socket::close_in_order() {
  close_within(goodbye_timeout);
  wire_->stream.async_close(
    static_cast<websocket::close_code>(close_code_),
    [self = shared_from_this()](error_code) { self->close(); });
}

// -- what the reader says

void web_socket::read() {
  if (std::exchange(reading_, true))
    return;
  wire_->stream.async_read(
    wire_->buffer,
    [self = shared_from_this()](error_code ec, size_t) { self->on_read(ec); });
}

void web_socket::on_read(error_code ec) {
  reading_ = false;
  if (ec)
    return close();
  std::string text = beast::buffers_to_string(wire_->buffer.data());
  wire_->buffer.clear();
  if (!ending_) {
    auto message = read_message(text, each_);
    std::visit([this](auto& x) { obey(std::move(x)); }, message);
  }
  // Who does not take our answers need not ask more.
  if (letters_.size() < letters_max)
    read();
}

void web_socket::obey(subscribe_message what) {
  if (auto no = refuse(what))
    return refuse_with(what.id, to_reply(*no, about_));
  if (what.what.run)
    look_up(std::move(what));
  else
    subscribe(std::move(what));
}

std::optional<complaint>
web_socket::refuse(const subscribe_message& what) const {
  auto most = house_->opts.subscriptions_max;
  if (subscriptions_.size() + looks_ >= most)
    return too_many(most);
  for (const auto& [channel, x] : subscriptions_)
    if (x.id == what.id)
      return meaningless({"/id", 0, 0,
                          "there is a subscription `" + what.id + "` already",
                          "end it first, or choose another name"});
  return std::nullopt;
}

/// A stream cannot say "not found", so the run is looked up first.
void web_socket::look_up(subscribe_message what) {
  core::api_request look{
    "run",
    each_.workspace,
    each_.by,
    core::text{R"({"run":")" + to_string(what.what.run) + "\"}"},
    {}};
  ++looks_;
  house_->api->call(look, [self = shared_from_this(),
                           what = std::move(what)](core::api_answer got) {
    auto in = self->house_;
    in->post([self, what, got = std::move(got)]() mutable {
      --self->looks_;
      if (self->ending_)
        return;
      if (got.error)
        self->refuse_with(what.id, to_reply(got, self->about_));
      else if (auto no = self->refuse(what))
        self->refuse_with(what.id, to_reply(*no, self->about_));
      else
        self->subscribe(std::move(what));
    });
  });
}

void web_socket::subscribe(subscribe_message what) {
  auto channel = ++channels_;
  auto gone = std::make_shared<std::atomic<bool>>(false);
  subscriptions_[channel] = {what.id, what.what.after, what.metrics, gone};
  say(subscribed_text(what.id));
  if (!what.events)
    return;
  what.what.pace = box_;
  house_->api->watch(
    what.what, [box = box_, channel, gone](const core::watch_event& event) {
      return !*gone && box->put(channel, event);
    });
}

void web_socket::obey(const unsubscribe_message& what) {
  take_all(); // What has come already is told first.
  for (auto x = subscriptions_.begin(); x != subscriptions_.end(); ++x) {
    if (x->second.id != what.id)
      continue;
    *x->second.gone = true;
    say(unsubscribed_text(what.id, x->second.cursor));
    subscriptions_.erase(x);
    return;
  }
  refuse_with(
    what.id, to_reply(meaningless({"/id", 0, 0,
                                   "there is no subscription `" + what.id + "`",
                                   "it has ended, or was never begun"}),
                      about_));
}

void web_socket::obey(const ping_message&) {
  say(pong_text());
}

void web_socket::obey(const bad_message& what) {
  refuse_with(what.id, to_reply(what.why, about_));
}

void web_socket::refuse_with(const std::string& id, const http_reply& why) {
  say(error_text(id, why.body));
}

// -- figures

void web_socket::measure() {
  measuring_.expires_after(house_->opts.stream_metrics_interval);
  measuring_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (ec || !self || self->ending_)
      return;
    auto wanted = false;
    for (const auto& [channel, x] : self->subscriptions_)
      wanted = wanted || x.metrics;
    self->measure();
    // A reader that has not taken the last ones gets no more.
    if (!wanted || !self->letters_.empty())
      return;
    core::api_request status{
      "status", self->each_.workspace, self->each_.by, {}, {}};
    self->house_->api->call(status, [weak](const core::api_answer& got) {
      if (auto me = weak.lock())
        me->house_->post([me, got] { me->tell_metrics(got); });
    });
  });
}

void web_socket::tell_metrics(const core::api_answer& got) {
  auto figures = nlohmann::json::parse(got.body.view(), nullptr, false);
  if (ending_ || got.error || !figures.is_object())
    return;
  figures.erase("warnings");
  figures["kind"] = "metrics";
  auto line = core::to_compact(figures);
  for (const auto& [channel, x] : subscriptions_)
    if (x.metrics)
      say(events_text(x.id, x.cursor, line));
}

// -- what is said

/// While one message is written, the next one gathers events.
void web_socket::take_out() {
  if (letters_.empty() || box_->fell_behind())
    take_all();
}

void web_socket::take_all() {
  for (const auto& x : box_->take())
    take_parcel(x);
  if (!box_->is_over())
    return;
  house_->figures.stream_fell_behind();
  end_with(goodbye_text("lost",
                        "the reader fell behind by "
                          + std::to_string(house_->opts.stream_buffer_bytes_max)
                          + " bytes (stream_buffer_bytes_max)"),
           websocket::close_code::try_again_later);
}

void web_socket::take_parcel(const outbox::parcel& x) {
  auto to = subscriptions_.find(x.channel);
  if (to == subscriptions_.end())
    return box_->paid(x.owed_bytes);
  auto& known = to->second;
  if (!x.cursor.empty())
    known.cursor = x.cursor;
  say(events_text(known.id, known.cursor, x.text), x.owed_bytes);
  if (x.last)
    subscriptions_.erase(to);
}

void web_socket::say(std::string text, size_t owed_bytes) {
  if (ending_)
    return;
  letters_.push_back({std::move(text), owed_bytes});
  if (letters_.size() == 1)
    write();
}

void web_socket::write() {
  wire_->stream.async_write(boost::asio::buffer(letters_.front().text),
                            [self = shared_from_this()](error_code ec, size_t) {
                              self->on_written(ec);
                            });
}

void web_socket::on_written(error_code ec) {
  if (ec)
    return close();
  auto owed = letters_.front().owed_bytes;
  letters_.pop_front();
  if (!letters_.empty())
    write();
  else if (ending_)
    close_in_order();
  else
    take_all();
  box_->paid(owed);
  if (!ending_ && letters_.size() < letters_max)
    read();
}

} // namespace troupe::gateway
