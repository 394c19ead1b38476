#pragma once

#include <string>
#include <string_view>
#include <vector>

// A web page must not be able to act for the person who looks at it, who may
// need no login on this machine: neither by a name that is bound to 127.0.0.1
// (DNS rebinding: the Host header tells) nor from another site (the Origin
// tells).

namespace troupe::gateway {

/// "localhost", ::1 or 127.0.0.0/8, as an address to listen on.
bool loopback_address(std::string_view address);

/// An IPv4 or IPv6 address, without brackets.
bool is_address(std::string_view text);

/// A Host header, "name", "name:port" or "[::1]:port", that names this machine.
bool loopback_host(std::string_view host);

/// What a Host header may name.
struct host_names {
  std::vector<std::string> more = {}; // Besides those of this machine.
  /// Others reach us by an address. A name that somebody binds to it is still
  /// none of ours.
  bool addresses = false;
};

bool known_host(std::string_view host, const host_names& names);

/// The page behind `origin` was served by `host` itself. A page that came
/// without TLS is another one where we speak it. The other way it may be ours,
/// but on this machine: somebody before us may speak TLS.
bool same_origin(std::string_view origin, std::string_view host, bool secure);

} // namespace troupe::gateway
