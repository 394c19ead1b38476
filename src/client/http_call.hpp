#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/api.hpp"

// The semantic layer's operations as HTTP requests, and back: the mirror of
// src/gateway, without sockets.

namespace troupe::remote {

struct http_call {
  std::string method;
  std::string target;
  std::string body; // JSON; empty: none.
  bool waits = false;
  std::chrono::milliseconds timeout{0}; // 0: the limits', or none if it waits.
};

/// Nothing where no route does this.
std::optional<http_call> to_http(const core::api_request& what);

/// What is in an event stream; empty: whatever.
struct stream_query {
  std::string run;
  std::string after;
  std::string kinds;
  std::string task;
  std::string name;
};

/// The target of a live stream.
std::string stream_target(const stream_query& what);

/// What came back. `retry_after` is the header's text.
core::api_answer to_answer(unsigned status, const std::string& body,
                           const std::string& retry_after);

} // namespace troupe::remote
