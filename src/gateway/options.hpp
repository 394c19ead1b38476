#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::gateway {

/// Where and how the HTTP door listens. `gateway_options{}` is valid.
struct gateway_options {
  // -- where

  /// A loopback address, or "localhost". Empty: no TCP. Anything beyond this
  /// machine is refused, because nobody logs in here.
  std::string listen = "127.0.0.1";
  uint16_t port = 8765; // 0: any free one; `http_server::port` tells.

  /// Path of a Unix socket, mode 0600. Empty: none.
  std::string unix_socket;

  // -- limits; the answer that reaches one names it

  size_t url_bytes_max = 8 * 1024;
  size_t header_bytes_max = 32 * 1024;
  size_t body_bytes_max = 16 * 1024 * 1024;
  /// Bodies of all requests in flight; a chunked one counts as the largest.
  size_t bodies_bytes_max = 256 * 1024 * 1024;
  size_t connections_max = 1024;
  size_t requests_in_flight_max = 4096;
  size_t streams_max = 1024;
  /// What a slow reader of a live stream may owe us before it is dropped.
  size_t stream_buffer_bytes_max = 256 * 1024;

  // -- times

  std::chrono::milliseconds idle_timeout{60'000}; // Between two requests.
  std::chrono::milliseconds read_timeout{30'000}; // For one whole request.
  std::chrono::milliseconds write_timeout{30'000};
  /// For the node to answer a request that it took; not for one that waits for
  /// the end of a run or of a backup.
  std::chrono::milliseconds answer_timeout{30'000};
  /// A comment line keeps silent streams open and finds dead readers.
  std::chrono::milliseconds stream_heartbeat{15'000};
};

/// Every problem at once, one sentence each; empty means valid.
std::vector<std::string> problems(const gateway_options& opts);

} // namespace troupe::gateway
