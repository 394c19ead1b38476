#include <charconv>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "core/jwt_keys.hpp"
#include "runtime/config_values.hpp"
#include "runtime/login_source.hpp"
#include "wire/timed_stream.hpp"

namespace troupe::runtime {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using error_code = boost::system::error_code;

constexpr std::chrono::seconds fetch_deadline{10};

struct place {
  bool secure = true;
  std::string host; // As it is named to the other side.
  std::string name; // Without brackets.
  std::string port;
  std::string path;
};

std::optional<place> place_of(std::string_view url) {
  place out;
  out.secure = url.starts_with("https://");
  if (!out.secure && !config_reading::is_loopback_url(url))
    return std::nullopt;
  url.remove_prefix(url.find("://") + 3);
  auto slash = std::min(url.find('/'), url.size());
  out.host = url.substr(0, slash);
  out.path = slash < url.size() ? url.substr(slash) : "/";
  auto colon = out.host.rfind(':');
  auto v6 = out.host.ends_with(']');
  out.name = v6 ? out.host : out.host.substr(0, colon);
  out.port = v6 || colon == out.host.npos ? (out.secure ? "443" : "80")
                                          : out.host.substr(colon + 1);
  if (out.name.starts_with('[') && out.name.ends_with(']'))
    out.name = out.name.substr(1, out.name.size() - 2);
  if (out.name.empty() || out.host.find('@') != out.host.npos)
    return std::nullopt;
  return out;
}

/// One question, on a loop of its own.
class question {
public:
  explicit question(place to) : to_(std::move(to)), stream_(io_) {
    parser_.body_limit(core::key_text_bytes_max);
  }

  core::result<std::string> ask() {
    if (to_.secure) {
      auto made = wire::tls_for_client({});
      if (!made)
        return made.error();
      tls_ = *made;
    }
    // The look-up of the name is the only part without a deadline of ours.
    asio::ip::tcp::resolver resolver{io_};
    error_code ec;
    auto found = resolver.resolve(to_.name, to_.port, ec);
    if (ec || found.empty())
      return failed("its name is not known");
    stream_.expires_after(fetch_deadline);
    stream_.connect(found.begin()->endpoint(),
                    [this](error_code code) { on_connected(code); });
    io_.run();
    if (ec_)
      return failed(ec_.message());
    if (parser_.get().result() != http::status::ok)
      return failed("it answers " + std::to_string(parser_.get().result_int()));
    if (parser_.get().body().size() > core::key_text_bytes_max)
      return failed("it sends more than 256 KiB");
    return std::move(parser_.get().body());
  }

private:
  core::result<std::string> failed(const std::string& why) const {
    return {errc::agent_failed,
            "the keys at " + to_.host + " cannot be fetched: " + why};
  }

  void on_connected(error_code ec) {
    if (ec || !to_.secure)
      return send(ec);
    stream_.begin_tls(tls_, to_.name, [this](error_code code) { send(code); });
  }

  void send(error_code ec) {
    ec_ = ec;
    if (ec)
      return;
    request_.method(http::verb::get);
    request_.target(to_.path);
    request_.version(11);
    request_.set(http::field::host, to_.host);
    request_.set(http::field::accept, "application/json");
    request_.keep_alive(false);
    http::async_write(stream_, request_, [this](error_code code, size_t) {
      ec_ = code;
      if (!code)
        read();
    });
  }

  void read() {
    http::async_read(stream_, buffer_, parser_,
                     [this](error_code code, size_t) { ec_ = code; });
  }

  const place to_;
  asio::io_context io_{1};
  wire::timed_stream stream_;
  wire::tls_ptr tls_;
  http::request<http::empty_body> request_;
  http::response_parser<http::string_body> parser_;
  boost::beast::flat_buffer buffer_;
  error_code ec_;
};

} // namespace

core::result<std::string> fetch_text(const std::string& url) {
  auto to = place_of(url);
  if (!to)
    return {errc::invalid, "this is no https URL of keys"};
  return question{std::move(*to)}.ask();
}

} // namespace troupe::runtime
