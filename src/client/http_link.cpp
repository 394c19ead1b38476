#include "client/http_link.hpp"

#include <cstdint>
#include <limits>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "core/trace.hpp"

namespace troupe::remote {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using error_code = boost::beast::error_code;

/// "[::1]" without its brackets.
std::string bare_host(const node_address& where) {
  auto host = where.host;
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  return host;
}

void connect_unix(switchboard& at, connection& to,
                  std::function<void(error_code)> then) {
  to.stream.connect(asio::local::stream_protocol::endpoint{at.where.unix_path},
                    std::move(then));
}

/// To the first of the addresses of a name that takes it: `localhost` may be
/// two, and a node listen at one.
class tcp_search : public std::enable_shared_from_this<tcp_search> {
public:
  using addresses = asio::ip::tcp::resolver::results_type;

  tcp_search(connection& to, addresses found,
             std::function<void(error_code)> then)
    : stream_(to.stream), found_(std::move(found)), at_(found_.begin()),
      then_(std::move(then)) {}

  void next() {
    auto here = at_++;
    stream_.connect(here->endpoint(), [self = shared_from_this()](
                                        error_code ec) { self->on_end(ec); });
  }

private:
  void on_end(error_code ec) {
    if (ec && ec != boost::beast::error::timeout && at_ != found_.end()) {
      stream_.close();
      return next();
    }
    stream_.no_delay();
    then_(ec);
  }

  wire::timed_stream& stream_;
  const addresses found_;
  addresses::const_iterator at_;
  std::function<void(error_code)> then_;
};

void connect_tcp(switchboard& at, connection& to,
                 std::function<void(error_code)> then) {
  auto host = bare_host(at.where);
  asio::ip::tcp::resolver resolver{at.io};
  error_code ec;
  // Addresses of this machine, as a rule: nothing that would take its time.
  auto found = resolver.resolve(host, std::to_string(at.where.port), ec);
  if (ec || found.empty())
    return asio::post(
      at.io, [then = std::move(then)] { then(asio::error::host_not_found); });
  std::make_shared<tcp_search>(to, std::move(found), std::move(then))->next();
}

} // namespace

void connect_plainly(switchboard& at, connection& to,
                     std::function<void(error_code)> then) {
  to.stream.expires_after(at.limits.connect_timeout);
  if (at.where.unix_path.empty())
    connect_tcp(at, to, std::move(then));
  else
    connect_unix(at, to, std::move(then));
}

/// An origin of a door of its own has a trace, but no span.
std::string traceparent_of(const std::string& trace) {
  auto found = core::from_origin(trace);
  if (!found)
    return {};
  if (found->parent.empty())
    found->parent = "0000000000000001";
  return core::to_traceparent(*found);
}

void connect(switchboard& at, connection& to,
             std::function<void(error_code)> then) {
  if (!at.where.secure)
    return connect_plainly(at, to, std::move(then));
  if (!at.tls)
    return asio::post(
      at.io, [then = std::move(then)] { then(asio::error::access_denied); });
  connect_plainly(at, to, [&at, &to, then = std::move(then)](error_code ec) {
    if (ec)
      return then(ec);
    to.stream.begin_tls(at.tls, bare_host(at.where), then);
  });
}

client_request request_of(const switchboard& at, const http_call& what,
                          const std::string& workspace,
                          const core::origin& by) {
  client_request out{http::string_to_verb(what.method), what.target, 11};
  auto tcp = at.where.unix_path.empty();
  out.set(http::field::host,
          tcp ? at.where.host + ":" + std::to_string(at.where.port)
              : std::string{"localhost"});
  out.set(http::field::user_agent, "troupe");
  if (!at.token.empty())
    out.set(http::field::authorization, "Bearer " + at.token);
  if (workspace != "default")
    out.set("Troupe-Workspace", workspace);
  if (!by.request.empty())
    out.set("X-Request-Id", by.request);
  if (!by.trace.empty())
    out.set("traceparent", traceparent_of(by.trace));
  if (what.waits)
    out.set("Prefer", "wait");
  if (!what.body.empty()) {
    out.set(http::field::content_type, "application/json");
    out.body() = what.body;
  }
  out.prepare_payload();
  return out;
}

failure why_unconnected(const switchboard& at, error_code ec) {
  if (!at.where.secure || !wire::is_tls_error(ec))
    return no_node(at.where);
  return {
    errc::rejected, category::security,
    "no TLS with " + to_text(at.where) + ": " + ec.message()
      + "; --ca-file FILE (TROUPE_CA_FILE; client_options::ca_file) names "
        "the certificate that its own is signed with"};
}

// -- one call

call_errand::call_errand(switchboard& at, http_call what,
                         const core::api_request& asked,
                         std::function<void(core::api_answer)> then)
  : at_(at), what_(std::move(what)),
    request_(request_of(at, what_, asked.workspace, asked.by)),
    then_(std::move(then)) {
  if (!asked.idempotency_key.empty())
    request_.set("Idempotency-Key", asked.idempotency_key);
  parser_.body_limit(at.limits.body_bytes_max);
}

void call_errand::start() {
  at_.errands.insert(shared_from_this());
  if (at_.idle.empty())
    return connect_anew();
  line_ = std::move(at_.idle.front());
  at_.idle.pop_front();
  reused_ = true;
  send();
}

void call_errand::connect_anew() {
  reused_ = false;
  line_ = std::make_unique<connection>(at_.io);
  connect(at_, *line_, [self = shared_from_this()](error_code ec) {
    if (ec)
      self->broken(ec);
    else
      self->send();
  });
}

void call_errand::send() {
  if (what_.timeout.count() > 0)
    line_->stream.expires_after(what_.timeout);
  else if (what_.waits)
    line_->stream.expires_never();
  else
    line_->stream.expires_after(at_.limits.call_timeout);
  http::async_write(
    line_->stream, request_,
    [self = shared_from_this()](error_code ec, size_t) { self->on_sent(ec); });
}

void call_errand::on_sent(error_code ec) {
  if (ec)
    return broken(ec);
  sent_ = true;
  http::async_read(line_->stream, line_->buffer, parser_,
                   [self = shared_from_this()](error_code failed, size_t) {
                     self->on_answer(failed);
                   });
}

void call_errand::on_answer(error_code ec) {
  if (ec)
    return broken(ec);
  const auto& got = parser_.get();
  auto retry = got[http::field::retry_after];
  auto answer = to_answer(got.result_int(), got.body(),
                          std::string{retry.data(), retry.size()});
  if (got.keep_alive() && at_.idle.size() < at_.limits.idle_connections_max)
    at_.idle.push_back(std::move(line_));
  finish(std::move(answer));
}

void call_errand::broken(error_code ec) {
  // The node may have closed a connection that lay idle; nothing was read, so
  // it did not begin with this request: a new one can carry it.
  if (reused_ && !parser_.got_some() && ec != boost::beast::error::timeout)
    return connect_anew();
  core::api_answer out;
  out.error = why_broken(ec);
  finish(std::move(out));
}

failure call_errand::why_broken(error_code ec) const {
  // It was connected: what was asked may have been done.
  if (ec == boost::beast::error::timeout && sent_)
    return {errc::timed_out, category::timeout,
            to_text(at_.where) + " did not answer in time"};
  if (sent_)
    return {errc::restarting, category::network,
            "the connection to " + to_text(at_.where)
              + " broke before the answer came"};
  return why_unconnected(at_, ec);
}

void call_errand::give_up() {
  core::api_answer out;
  out.error = {errc::cancelled, category::cancelled, "given up"};
  finish(std::move(out));
}

void call_errand::finish(core::api_answer with) {
  auto self = shared_from_this();
  at_.errands.erase(self);
  if (auto then = std::exchange(then_, nullptr))
    then(std::move(with));
}

// -- one stream

watch_errand::watch_errand(switchboard& at, const std::string& target,
                           const std::string& workspace, const core::origin& by,
                           sink to, refusal refused)
  : at_(at), sink_(std::move(to)), refused_(std::move(refused)), line_(at.io),
    request_(request_of(at, {"GET", target, {}, false, {}}, workspace, by)) {
  // A stream has no end to its size. (This Beast takes boost::none for zero
  // where there is a Content-Length.)
  parser_.body_limit(std::numeric_limits<std::uint64_t>::max());
}

void watch_errand::start() {
  at_.errands.insert(shared_from_this());
  connect(at_, line_, [self = shared_from_this()](error_code ec) {
    if (ec)
      self->lost(why_unconnected(self->at_, ec).message);
    else
      self->send();
  });
}

void watch_errand::send() {
  line_.stream.expires_after(at_.limits.call_timeout);
  http::async_write(
    line_.stream, request_, [self = shared_from_this()](error_code ec, size_t) {
      if (ec)
        return self->lost("the connection broke: " + ec.message());
      http::async_read_header(
        self->line_.stream, self->line_.buffer, self->parser_,
        [self](error_code failed, size_t) { self->on_head(failed); });
    });
}

void watch_errand::on_head(error_code ec) {
  if (ec)
    return lost("the connection broke: " + ec.message());
  if (parser_.get().result_int() != 200)
    return read_refusal();
  read_more();
}

void watch_errand::read_refusal() {
  http::async_read(
    line_.stream, line_.buffer, parser_,
    [self = shared_from_this()](error_code, size_t) { self->refuse(); });
}

void watch_errand::refuse() {
  const auto& got = parser_.get();
  if (refused_) {
    auto retry = got[http::field::retry_after];
    refused_(to_answer(got.result_int(), got.body(),
                       std::string{retry.data(), retry.size()}));
  }
  auto why = to_answer(got.result_int(), got.body(), {}).error.message;
  lost("the node refuses the stream with status "
       + std::to_string(got.result_int()) + (why.empty() ? "" : ": " + why));
}

void watch_errand::read_more() {
  if (at_.limits.stream_silence_max.count() > 0)
    line_.stream.expires_after(at_.limits.stream_silence_max);
  else
    line_.stream.expires_never();
  http::async_read_some(
    line_.stream, line_.buffer, parser_,
    [self = shared_from_this()](error_code ec, size_t) { self->on_piece(ec); });
}

void watch_errand::on_piece(error_code ec) {
  auto piece = std::exchange(parser_.get().body(), {});
  auto more = reader_.feed(piece, [&](const auto& cursor, const auto& data) {
    return take(cursor, data);
  });
  if (sink_ && reader_.too_long())
    return lost("an event is longer than "
                + std::to_string(event_reader::event_bytes_max)
                + " bytes (event_bytes_max)");
  if (!sink_ || !more)
    return finish();
  if (ec || parser_.is_done())
    return lost(ec == boost::beast::error::timeout
                  ? "nothing came for longer than a node is silent"
                  : "the connection ended");
  read_more();
}

bool watch_errand::take(const std::string& cursor, const std::string& data) {
  auto parsed = nlohmann::json::parse(data, nullptr, false);
  auto kind = parsed.is_object() ? parsed.value("kind", nlohmann::json{})
                                 : nlohmann::json{};
  auto last = kind == "end" || kind == "lost";
  return sink_({cursor, data, last}) && !last;
}

void watch_errand::lost(const std::string& why) {
  if (sink_)
    sink_({{}, nlohmann::json{{"kind", "lost"}, {"why", why}}.dump(), true});
  finish();
}

void watch_errand::give_up() {
  lost("given up");
}

void watch_errand::finish() {
  auto self = shared_from_this();
  sink_ = nullptr;
  line_.stream.close();
  at_.errands.erase(self);
}

} // namespace troupe::remote
