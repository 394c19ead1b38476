#include "outbound/exchange.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace troupe::outbound {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t header_bytes_max = 32 * 1024;

failure network(std::string message) {
  return {errc::agent_failed, category::network, std::move(message)};
}

std::string lower(boost::beast::string_view text) {
  std::string out(text.data(), text.size());
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

failure not_sent(const http_call& what, const std::string& part) {
  return {errc::invalid, category::validation,
          "nothing was sent to " + core::host_text(what.to) + ": " + part
            + " has a line break or another control character, which HTTP "
              "does not carry; take it out"};
}

} // namespace

failure too_late(const http_call& what) {
  return {errc::timed_out, category::timeout,
          "no whole answer from " + core::host_text(what.to) + " within "
            + std::to_string(what.deadline.count()) + " ms"};
}

core::result<std::string> request_text(const http_call& what) {
  if (has_controls(what.method) || has_controls(what.to.target)
      || has_controls(what.to.host))
    return not_sent(what, "the address");
  for (const auto& [name, value] : what.headers) {
    if (has_controls(name))
      return not_sent(what, "the name of a header");
    if (has_controls(value)) // The value may be a secret.
      return not_sent(what, "the header " + name);
  }
  auto out = what.method + " " + what.to.target
             + " HTTP/1.1\r\nHost: " + core::host_text(what.to)
             + "\r\nUser-Agent: troupe\r\nConnection: close\r\n";
  for (const auto& [name, value] : what.headers)
    out += name + ": " + value + "\r\n";
  if (!what.body.empty() || what.method == "POST" || what.method == "PUT")
    out += "Content-Length: " + std::to_string(what.body.size()) + "\r\n";
  return out + "\r\n" + what.body;
}

exchange::exchange(boost::asio::io_context& io, std::unique_ptr<wire> over,
                   http_call what, http_callback then)
  : deadline_(io), wire_(std::move(over)), what_(std::move(what)),
    then_(std::move(then)) {
  await_answer();
}

void exchange::await_answer() {
  parser_.emplace();
  parser_->header_limit(header_bytes_max);
  parser_->body_limit(what_.reply_bytes_max);
}

void exchange::end_soon(failure why) {
  boost::asio::post(
    deadline_.get_executor(),
    [self = shared_from_this(), why = std::move(why)] { self->end(why); });
}

void exchange::start(lookup& names, clock::time_point until) {
  auto text = request_text(what_);
  if (!text)
    return end_soon(text.error());
  request_ = std::move(*text);
  deadline_.expires_at(until);
  deadline_.async_wait([weak = weak_from_this()](error_code ec) {
    auto self = weak.lock();
    if (self && !ec)
      self->end(too_late(self->what_));
  });
  // Weak: a look-up may outlive the client, and its sockets with it.
  names.find(what_.to.host, what_.to.port,
             [weak = weak_from_this()](core::result<endpoints> found) {
               auto self = weak.lock();
               if (!self || !self->then_)
                 return;
               if (!found)
                 return self->end(found.error());
               self->connect(*found);
             });
}

void exchange::end(core::result<http_answer> how) {
  auto then = std::exchange(then_, nullptr);
  if (!then)
    return;
  deadline_.cancel();
  wire_->close();
  then(std::move(how));
}

void exchange::broken(error_code ec, const char* when) {
  auto text = core::host_text(what_.to) + " " + when + ": " + words_of(ec);
  if (is_distrust(ec))
    return end(failure{errc::agent_failed, category::security, text});
  end(network(std::move(text)));
}

void exchange::connect(const endpoints& to) {
  wire_->connect(to, [self = shared_from_this()](error_code ec, size_t) {
    if (!self->then_)
      return;
    return ec ? self->broken(ec, "cannot be connected") : self->write();
  });
}

void exchange::write() {
  wire_->write(boost::asio::buffer(request_),
               [self = shared_from_this()](error_code, size_t) {
                 // Who refuses a request early may have answered it already:
                 // what became of it, the read finds out.
               });
  read();
}

void exchange::read() {
  wire_->read_some(boost::asio::buffer(chunk_),
                   [self = shared_from_this()](error_code ec, size_t bytes) {
                     if (self->then_)
                       self->on_read(ec, bytes);
                   });
}

void exchange::on_read(error_code ec, size_t bytes) {
  left_.append(chunk_.data(), bytes);
  if (!parse())
    return;
  if (parser_->is_done())
    return answer();
  if (!ec)
    return read();
  // A body may end with the connection, but only where the other side has
  // closed it in order: after a reset, or within TLS without its farewell, the
  // rest may be missing.
  error_code unfinished;
  if (parser_->got_some() && ec == boost::asio::error::eof)
    parser_->put_eof(unfinished);
  if (parser_->is_done() && !unfinished)
    return answer();
  broken(ec, parser_->got_some() ? "broke off its answer" : "gave no answer");
}

bool exchange::parse() {
  error_code ec;
  while (!left_.empty() && !parser_->is_done() && !ec) {
    // An eager parser goes on over what the length in the header breaks.
    parser_->eager(parser_->is_header_done());
    auto used = parser_->put(boost::asio::buffer(left_), ec);
    left_.erase(0, used);
    // "100 Continue" and "103 Early Hints" stand before an answer.
    if (parser_->is_done() && parser_->get().result_int() < 200)
      await_answer();
    else if (used == 0)
      break;
  }
  if (!ec || ec == http::error::need_more)
    return true;
  if (ec == http::error::header_limit)
    end(failure{errc::limit_reached, category::resource,
                "the headers of the answer of " + core::host_text(what_.to)
                  + " are over " + std::to_string(header_bytes_max)
                  + " bytes (header_bytes_max); it must send fewer of them"});
  else if (ec == http::error::body_limit)
    end(failure{errc::limit_reached, category::resource,
                "the answer of " + core::host_text(what_.to) + " is over "
                  + std::to_string(what_.reply_bytes_max)
                  + " bytes, the most that is taken of it; for an agent, "
                    "`answer_bytes` sets that"});
  else
    end(network(core::host_text(what_.to)
                + " gave no HTTP answer: " + ec.message()));
  return false;
}

void exchange::answer() {
  http_answer out;
  auto& got = parser_->get();
  out.status = got.result_int();
  for (const auto& field : got)
    out.headers.emplace_back(
      lower(field.name_string()),
      std::string{field.value().data(), field.value().size()});
  out.body = std::move(got.body());
  end(std::move(out));
}

} // namespace troupe::outbound
