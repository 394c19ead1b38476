#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "wire/tls.hpp"

namespace troupe::core {
struct login_rules;
}

namespace troupe::gateway {

using login_rules_ptr = std::shared_ptr<const core::login_rules>;

/// Where and how the HTTP door listens. `gateway_options{}` is valid.
struct gateway_options {
  // -- where

  /// An address, or "localhost". Empty: no TCP. Anything beyond this machine
  /// is refused without TLS and a login, unless told so below.
  std::string listen = "127.0.0.1";
  uint16_t port = 8765; // 0: any free one; `http_server::port` tells.

  /// Path of a Unix socket, mode 0600. Empty: none.
  std::string unix_socket;

  /// Makes TCP speak TLS; empty: it does not.
  wire::tls_files tls;

  // -- who comes in

  /// Whose tokens are taken; null, or no issuers: nobody has to log in.
  login_rules_ptr login = {};
  /// Called with an issuer's name where a token names a key that is not known;
  /// true: it is being looked for. Must not block. Empty: there are no others.
  std::function<bool(const std::string&)> fetch_keys = {};
  /// What a Host header may say besides the names of this machine.
  std::vector<std::string> names = {};
  /// Somebody else secures the connection, or knows who comes.
  bool without_tls_beyond_this_machine = false;
  bool without_login_beyond_this_machine = false;
  /// 0: without a limit. Nobody is counted on this machine without a login.
  uint32_t address_requests_per_second = 2'000;
  uint32_t principal_requests_per_second = 1'000;
  uint32_t workspace_requests_per_second = 4'000;
  /// The MCP server also offers what its official conformance suite asks for.
  bool conformance_fixtures = false;

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
  size_t stream_message_bytes_max = 64 * 1024; // From a WebSocket's reader.
  size_t subscriptions_max = 64;               // Over one WebSocket.
  /// Smaller answers are not compressed: it would cost more than it saves.
  size_t gzip_bytes_min = 1024;

  // -- times

  std::chrono::milliseconds handshake_timeout{10'000}; // To agree on TLS.
  std::chrono::milliseconds idle_timeout{60'000};      // Between two requests.
  std::chrono::milliseconds read_timeout{30'000};      // For one whole request.
  std::chrono::milliseconds write_timeout{30'000};
  /// For the node to answer a request that it took; not for one that waits for
  /// the end of a run or of a backup.
  std::chrono::milliseconds answer_timeout{30'000};
  /// A comment line keeps silent streams open and finds dead readers.
  std::chrono::milliseconds stream_heartbeat{15'000};
  /// Between figures of the node, for those who subscribed to `metrics`.
  std::chrono::milliseconds stream_metrics_interval{5'000};
};

/// What is missing to listen where others can connect; empty: nothing.
std::string missing_beyond_this_machine(const gateway_options& opts,
                                        bool has_login);

/// How to mend that.
extern const char* const beyond_this_machine_hint;

/// Every problem at once, one sentence each; empty means valid.
std::vector<std::string> problems(const gateway_options& opts);

} // namespace troupe::gateway
