#pragma once

#include <optional>
#include <string>

#include <boost/beast/http.hpp>

#include "gateway/exchange.hpp"
#include "gateway/options.hpp"
#include "gateway/problem_details.hpp"

// Between Beast's types and ours.

namespace troupe::gateway {

using beast_request =
  boost::beast::http::request<boost::beast::http::string_body>;
using beast_response =
  boost::beast::http::response<boost::beast::http::string_body>;

/// Everything but the body.
http_request head_of(const beast_request& from, bool over_tcp);

/// At most 128 printable ASCII characters: it goes into logs and headers.
bool usable_request_id(const std::string& id);

/// HTTP/1.1 wants exactly one Host. Two of it, or of a header that means
/// something to us, could be read differently by others.
std::optional<complaint> count_complaint(const beast_request& from);

/// The peer's mistake, as opposed to the connection's end.
bool is_parse_error(boost::beast::error_code ec);
complaint parse_complaint(boost::beast::error_code ec,
                          const gateway_options& opts);

beast_response make_response(http_reply what, const http_request& about,
                             bool keep_alive);

} // namespace troupe::gateway
