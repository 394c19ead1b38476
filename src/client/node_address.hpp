#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace troupe::remote {

/// Where a node answers: a Unix socket, or a host and port.
struct node_address {
  std::string unix_path; // Empty: TCP.
  std::string host;
  uint16_t port = 0;
  bool secure = false; // https.

  bool operator==(const node_address&) const = default;
};

/// sockaddr_un holds 108 bytes with the final zero.
inline constexpr size_t unix_path_bytes_max = 107;

/// What a node is shown, and who it must be.
struct node_login {
  std::string token;   // Empty: none.
  std::string ca_file; // Of https; empty: whom this machine trusts.
};

/// "http://127.0.0.1:8765", "https://troupe.example.com", "127.0.0.1:8765" or
/// "unix:/path".
core::result<node_address> parse_node_address(const std::string& text);

std::string to_text(const node_address& where);

/// Why a node there cannot be shown the token: it is none, or anybody could
/// read it on the way.
failure token_problem(const node_address& where, const std::string& token);

/// The control socket in a node's data directory.
std::string socket_path(const std::string& data);

/// What to try, in this order of preference: `given` (flag or TROUPE_NODE), the
/// socket in the data directory if it exists, the default port.
core::result<node_address> choose_node(const std::string& given,
                                       const std::string& data);

} // namespace troupe::remote
