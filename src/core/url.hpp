#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace troupe::core {

/// Where something is asked over HTTP.
struct url {
  bool secure = false; // https
  std::string host;    // Lower case; an IPv6 address without its brackets.
  uint16_t port = 0;
  std::string target = "/"; // Path and query, as on the wire.

  bool operator==(const url&) const = default;
};

/// "http://HOST[:PORT][/PATH][?QUERY]", or https. Refused: other schemes, user
/// names (secrets do not belong into addresses), fragments, spaces and control
/// characters.
result<url> parse_url(std::string_view text);

/// "example.com:8080" without a usual port: the Host header.
std::string host_text(const url& x);

/// The whole address.
std::string to_string(const url& x);

/// What a `Location` header of an answer from `from` names; also a path alone.
result<url> resolve(const url& from, std::string_view location);

} // namespace troupe::core
