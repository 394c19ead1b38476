#pragma once

#include <string>
#include <string_view>

#include "gateway/exchange.hpp"

// How a reply is handed over: not at all where the client has it already,
// compressed where it can read that.

namespace troupe::gateway {

/// Whether a list such as "gzip;q=0.5, br" takes gzip.
bool takes_gzip(std::string_view accept_encoding);

/// Whether a list of validators names this one. They are compared weakly, as
/// RFC 9110 wants it for GET.
bool names_etag(std::string_view if_none_match, std::string_view etag);

std::string gzip(std::string_view plain);

/// What is said of a body, and what is left of it. REQUIRES: `what` answers
/// `about`.
void represent(http_reply& what, const http_request& about,
               size_t gzip_bytes_min);

/// Larger ones would hold up everybody else while they are compressed.
inline constexpr size_t gzip_bytes_max = 4 * 1024 * 1024;

} // namespace troupe::gateway
