#include "gateway/session.hpp"

#include <algorithm>

#include "gateway/guarded_api.hpp"
#include "gateway/head.hpp"
#include "gateway/problem_details.hpp"
#include "gateway/representation.hpp"
#include "gateway/routes.hpp"

namespace troupe::gateway {

namespace http = boost::beast::http;

namespace {

// Of a refused body we read this much, so that the answer arrives.
constexpr size_t drain_bytes_max = 1024 * 1024;
constexpr std::chrono::seconds drain_timeout{2};
/// Of the room for bodies, for requests that show no token.
constexpr size_t strangers_part = 8;

complaint too_busy(const std::string& limit) {
  return {429, "overloaded", std::string{message(errc::overloaded)},
          "too much is in flight (" + limit + "); try again in a second"};
}

complaint too_slow() {
  return {408, std::string{to_string(errc::timed_out)},
          "the request took too long to arrive",
          "all of it must come in time (idle_timeout, read_timeout); send it "
          "again"};
}

complaint no_tls() {
  return {400, "invalid", "this address speaks TLS only",
          "write https:// instead of http://"};
}

} // namespace

http_reply busy_reply(const std::string& limit, const http_request& about) {
  auto out = to_reply(too_busy(limit), about);
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

session::session(house_ptr in, stream_socket socket, bool over_tcp)
  : house_(std::move(in)), entry_(house_, this), stream_(std::move(socket)),
    deadline_(stream_.get_executor()), over_tcp_(over_tcp) {}

void session::start() {
  address_ = over_tcp_ ? stream_.peer() : std::string{};
  if (loopback_address(address_))
    address_.clear();
  if (over_tcp_ && house_->tls)
    shake_hands();
  else
    read_first();
}

void session::leave() {
  keep_ = false;
  if (greeting_ || (reading_ && !parser_->got_some()))
    close();
}

void session::close() {
  stream_.close();
  deadline_.cancel();
  release_room();
  entry_.leave();
}

// -- reading

void session::shake_hands() {
  greeting_ = true;
  stream_.expires_after(house_->opts.handshake_timeout);
  stream_.accept_tls(house_->tls, [self = shared_from_this()](error_code ec) {
    self->on_hands_shaken(ec);
  });
}

void session::on_hands_shaken(error_code ec) {
  greeting_ = false;
  if (!ec)
    return read_first();
  if (!wire::spoke_plain_http(ec) || !stream_.is_open())
    return close();
  request_.request_id = house_->next_request_id();
  refuse(to_reply(no_tls(), request_));
}

void session::read_first() {
  release_room();
  parser_.emplace();
  parser_->header_limit(
    static_cast<std::uint32_t>(house_->opts.header_bytes_max));
  parser_->body_limit(house_->opts.body_bytes_max);
  read_header();
}

void session::read_header() {
  reading_ = true;
  expect_within(buffer_.size() == 0 ? house_->opts.idle_timeout
                                    : house_->opts.read_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](error_code ec, size_t) {
                            self->on_header(ec);
                          });
}

void session::expect_within(std::chrono::milliseconds time) {
  stream_.expires_never();
  awaits_ = true;
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this()](error_code ec) {
    if (auto self = weak.lock(); self && !ec)
      self->on_late();
  });
}

void session::has_come() {
  awaits_ = false;
  deadline_.cancel();
}

void session::on_late() {
  if (!awaits_)
    return; // It came at the same time.
  late_ = true;
  stream_.cancel();
}

void session::on_header(error_code ec) {
  reading_ = false;
  has_come();
  if (ec)
    return on_broken(ec);
  take_head();
  if (auto no = refuse_head_or_sender())
    return request_.has_body ? refuse(std::move(*no)) : answer(std::move(*no));
  if (auto no = refuse_room())
    return refuse(std::move(*no));
  invite_body();
}

void session::on_broken(error_code ec) {
  // A connection that says nothing is no request that is late.
  auto late = late_ && (parser_->got_some() || buffer_.size() > 0);
  if (!late && !is_parse_error(ec))
    return close();
  if (request_.request_id.empty())
    request_.request_id = house_->next_request_id();
  if (late)
    return refuse(to_reply(too_slow(), request_));
  refuse(to_reply(parse_complaint(ec, house_->opts), request_));
}

void session::take_head() {
  asked_at_ = std::chrono::steady_clock::now();
  request_ = head_of(parser_->get(), over_tcp_);
  request_.secure = stream_.secure();
  if (!usable_request_id(request_.request_id))
    request_.request_id = house_->next_request_id();
  auto length = parser_->content_length();
  request_.has_body = parser_->chunked() || (length && *length > 0);
  keep_ = keep_ && parser_->keep_alive() && !house_->stopping;
}

std::optional<http_reply> session::refuse_head_or_sender() {
  if (auto wrong = count_complaint(parser_->get()))
    return to_reply(*wrong, request_);
  if (auto no =
        refuse_head(request_, house_->opts.url_bytes_max, house_->names))
    return no;
  return house_->keeper.admit(request_, address_, utc_now());
}

std::optional<http_reply> session::refuse_room() {
  const auto& opts = house_->opts;
  auto length = parser_->content_length();
  if (length && *length > opts.body_bytes_max)
    return to_reply(parse_complaint(http::error::body_limit, opts), request_);
  if (house_->requests_in_flight >= opts.requests_in_flight_max)
    return busy_reply("requests_in_flight_max", request_);
  auto room = parser_->chunked() ? opts.body_bytes_max
                                 : static_cast<size_t>(length.value_or(0));
  if (house_->bodies_bytes + room > opts.bodies_bytes_max)
    return busy_reply("bodies_bytes_max", request_);
  // Who shows no token must not keep out those who do.
  auto stranger = request_.who->workspaces.empty();
  if (stranger
      && house_->strangers_bytes + room > std::max(
           opts.bodies_bytes_max / strangers_part, opts.body_bytes_max))
    return busy_reply("strangers_part", request_);
  strangers_room_ = stranger ? room : 0;
  house_->strangers_bytes += strangers_room_;
  body_room_ = room;
  house_->bodies_bytes += room;
  in_flight_ = true;
  ++house_->requests_in_flight;
  return std::nullopt;
}

void session::invite_body() {
  auto expects = parser_->get()[http::field::expect];
  if (!boost::beast::iequals(expects, "100-continue"))
    return read_body();
  static constexpr std::string_view go = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_.expires_after(house_->opts.write_timeout);
  boost::asio::async_write(stream_, boost::asio::buffer(go),
                           [self = shared_from_this()](error_code ec, size_t) {
                             return ec ? self->close() : self->read_body();
                           });
}

void session::read_body() {
  if (parser_->is_done())
    return on_body({});
  expect_within(house_->opts.read_timeout);
  http::async_read(
    stream_, buffer_, *parser_,
    [self = shared_from_this()](error_code ec, size_t) { self->on_body(ec); });
}

void session::on_body(error_code ec) {
  has_come();
  if (ec)
    return on_broken(ec);
  request_.body = std::move(parser_->get().body());
  // Nothing may time out while others work for this request.
  stream_.expires_never();
  act();
}

// -- deciding

void session::act() {
  auto what = decide(request_);
  if (auto* now = std::get_if<http_reply>(&what))
    return answer(std::move(*now));
  if (auto no = house_->keeper.permit(request_, what, utc_now()))
    return answer(std::move(*no));
  if (auto* later = std::get_if<forward>(&what))
    return ask(*later);
  if (auto* said = std::get_if<talk>(&what))
    return carry(std::move(*said));
  if (auto* socket = std::get_if<open_socket>(&what))
    return begin_socket(std::move(socket->each));
  open(std::move(std::get<open_stream>(what)));
}

void session::ask(const forward& what) {
  // The body is in the params now.
  std::string{}.swap(request_.body);
  later(what, [what](session& self, const core::api_answer& got) {
    self.answer(reply_to(what, got, self.request_));
  });
}

void session::later(const forward& what,
                    std::function<void(session&, core::api_answer)> then) {
  auto number = open_question_ = ++questions_;
  if (!what.lasts)
    answer_within(house_->opts.answer_timeout, what.form);
  auto on_answer = [self = shared_from_this(), number,
                    then = std::move(then)](core::api_answer got) mutable {
    // The session moves on into the post: it must end on its own thread.
    auto in = self->house_;
    in->post([self = std::move(self), number, then = std::move(then),
              got = std::move(got)]() mutable {
      if (self->close_question(number))
        then(*self, std::move(got));
    });
  };
  if (!hides_something(*request_.who, what.call.op))
    return house_->api->call(what.call, std::move(on_answer));
  house_->api->call(what.call, [on_answer](core::api_answer got) mutable {
    on_answer(without_what_is_hidden(std::move(got)));
  });
}

void session::answer_within(std::chrono::milliseconds time, answer_form form) {
  deadline_.expires_after(time);
  deadline_.async_wait(
    [weak = weak_from_this(), number = open_question_, form](error_code ec) {
      if (auto self = weak.lock(); self && !ec && self->close_question(number))
        self->answer(unanswered(form, self->request_));
    });
}

bool session::close_question(uint64_t number) {
  if (number != open_question_)
    return false;
  open_question_ = 0;
  deadline_.cancel();
  return true;
}

// -- answering

void session::refuse(http_reply what) {
  keep_ = false;
  answer(std::move(what));
}

void session::answer(http_reply what) {
  house_->figures.answered(request_, what.status, asked_at_);
  keep_ = keep_ && !house_->stopping;
  represent(what, request_, house_->opts.gzip_bytes_min);
  response_ = make_response(std::move(what), request_, keep_);
  stream_.expires_after(house_->opts.write_timeout);
  auto done = [self = shared_from_this()](error_code ec, size_t) {
    self->on_written(ec);
  };
  http::async_write(stream_, response_, std::move(done));
}

void session::on_written(error_code ec) {
  if (ec)
    return close();
  response_ = {};
  request_ = {};
  if (keep_ && !house_->stopping)
    return read_first();
  release_room();
  linger();
}

void session::linger() {
  scrap_.resize(16 * 1024);
  stream_.expires_after(drain_timeout);
  stream_.finish([self = shared_from_this()](error_code ec) {
    if (ec)
      self->close();
    else
      self->drain();
  });
}

void session::drain() {
  auto on_some = [self = shared_from_this()](error_code ec, size_t n) {
    self->drained_ += n;
    if (ec || self->drained_ > drain_bytes_max)
      return self->close();
    self->drain();
  };
  stream_.drain_some(boost::asio::buffer(scrap_),
                     wire::transfer_end{std::move(on_some)});
}

void session::release_room() {
  house_->strangers_bytes -= std::exchange(strangers_room_, 0);
  house_->bodies_bytes -= body_room_;
  body_room_ = 0;
  if (in_flight_)
    --house_->requests_in_flight;
  in_flight_ = false;
}

} // namespace troupe::gateway
