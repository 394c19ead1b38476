#pragma once

#include <string_view>

// Nobody logs in on this machine, so a web page must not be able to act for the
// person who looks at it: neither by a name that is bound to 127.0.0.1 (DNS
// rebinding: the Host header tells) nor from another site (the Origin tells).

namespace troupe::gateway {

/// "localhost", ::1 or 127.0.0.0/8, as an address to listen on.
bool loopback_address(std::string_view address);

/// A Host header, "name", "name:port" or "[::1]:port", that names this machine.
bool loopback_host(std::string_view host);

/// The page behind `origin` was served by `host` itself.
bool same_origin(std::string_view origin, std::string_view host);

} // namespace troupe::gateway
