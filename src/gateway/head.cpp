#include "gateway/head.hpp"

#include <algorithm>

#include <boost/beast/websocket/rfc6455.hpp>

namespace troupe::gateway {

namespace http = boost::beast::http;

namespace {

std::string text(boost::beast::string_view from) {
  return {from.data(), from.size()};
}

std::string lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

} // namespace

http_request head_of(const beast_request& from, bool over_tcp) {
  http_request out;
  out.over_tcp = over_tcp;
  out.method = text(from.method_string());
  out.target = text(from.target());
  out.host = text(from[http::field::host]);
  out.origin = text(from[http::field::origin]);
  out.authorization = text(from[http::field::authorization]);
  out.content_type = text(from[http::field::content_type]);
  out.prefer = text(from["Prefer"]);
  if (from.count("Idempotency-Key") > 0)
    out.idempotency_key = text(from["Idempotency-Key"]);
  out.request_id = text(from["X-Request-Id"]);
  out.traceparent = text(from["traceparent"]);
  out.workspace = text(from["Troupe-Workspace"]);
  out.last_event_id = text(from["Last-Event-ID"]);
  for (const auto& x : from) {
    auto name = lower(text(x.name_string()));
    if (name.starts_with("mcp-"))
      out.mcp_headers.emplace_back(std::move(name), text(x.value()));
  }
  out.if_none_match = text(from[http::field::if_none_match]);
  out.accept_encoding = text(from[http::field::accept_encoding]);
  out.upgrades = boost::beast::websocket::is_upgrade(from);
  if (out.upgrades) {
    out.web_socket_key = text(from[http::field::sec_websocket_key]);
    out.web_socket_version = text(from[http::field::sec_websocket_version]);
  }
  return out;
}

bool usable_request_id(const std::string& id) {
  return !id.empty() && id.size() <= 128
         && std::all_of(id.begin(), id.end(),
                        [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<complaint> count_complaint(const beast_request& from) {
  // "5, 5" is allowed, and others read it as something else.
  auto length = from[http::field::content_length];
  if (length.find_first_not_of("0123456789") != length.npos)
    return malformed({"", 0, 0, "the Content-Length header is no number",
                      "send its digits once"});
  if (from.count(http::field::host) == 0 && from.version() >= 11)
    return malformed({"", 0, 0, "the Host header is missing", "send it once"});
  for (const auto* name :
       {"Host", "Authorization", "Origin", "Idempotency-Key",
        "Troupe-Workspace", "Last-Event-ID", "Mcp-Session-Id",
        "Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"})
    if (from.count(name) > 1)
      return malformed(
        {"", 0, 0, "there is more than one " + std::string{name} + " header",
         "send it once"});
  return std::nullopt;
}

bool is_parse_error(boost::beast::error_code ec) {
  return ec.category() == make_error_code(http::error::bad_method).category()
         && ec != http::error::end_of_stream
         && ec != http::error::partial_message;
}

complaint parse_complaint(boost::beast::error_code ec,
                          const gateway_options& opts) {
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return {431, "limit_reached", "the headers are too large",
            "at most " + std::to_string(opts.header_bytes_max)
              + " bytes (header_bytes_max)"};
  if (ec == http::error::body_limit)
    return {413, "limit_reached", "the body is too large",
            "at most " + std::to_string(opts.body_bytes_max)
              + " bytes (body_bytes_max); send several smaller requests"};
  if (ec == http::error::bad_version)
    return {505, "invalid", "this version of HTTP is not spoken here",
            "speak HTTP/1.1"};
  return {400, "invalid", "this is no HTTP/1.1 request", ec.message()};
}

beast_response make_response(http_reply what, const http_request& about,
                             bool keep_alive) {
  beast_response out{static_cast<http::status>(what.status), 11};
  out.set(http::field::server, "troupe");
  out.set("X-Request-Id", about.request_id);
  // Answers are of the moment, and never to be guessed to be a page.
  out.set(http::field::cache_control, "no-store");
  out.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : what.headers)
    out.set(name, value);
  out.keep_alive(keep_alive);
  if (what.status != 204 && what.status != 304) {
    out.set(http::field::content_type, what.content_type);
    out.content_length(what.body.size());
  }
  if (about.method != "HEAD")
    out.body() = std::move(what.body);
  return out;
}

} // namespace troupe::gateway
