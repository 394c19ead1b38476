#pragma once

#include <string>

namespace troupe::test {

/// What an HTTP server said.
struct http_said {
  int status = 0; // 0: it could not be reached, or said nothing.
  std::string head;
  std::string body;
};

/// One request to 127.0.0.1, on a connection of its own. Nothing of ours is in
/// the way: what a test sees is what any client sees. `headers` are lines, each
/// with its end.
http_said ask_http(int port, const std::string& method,
                   const std::string& target, const std::string& body = {},
                   const std::string& headers = {});

/// The port in a node's ready line; 0: there is none.
int port_of(const std::string& ready);

} // namespace troupe::test
