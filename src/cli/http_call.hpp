#pragma once

#include <optional>
#include <string>

#include "core/api.hpp"

// The semantic layer's operations as HTTP requests, and back: the mirror of
// src/gateway, without sockets.

namespace troupe::cli {

struct http_call {
  std::string method;
  std::string target;
  std::string body; // JSON; empty: none.
  bool waits = false;
};

/// Nothing where no route does this.
std::optional<http_call> to_http(const core::api_request& what);

/// The target of a live stream.
std::string stream_target(const core::watch_request& what);

/// What came back. `retry_after` is the header's text.
core::api_answer to_answer(unsigned status, const std::string& body,
                           const std::string& retry_after);

} // namespace troupe::cli
