#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// A client that loads a node over HTTP.

namespace troupe::bench {

struct http_call {
  std::string method = "GET";
  std::string target;
  std::string body;   // JSON; empty: none.
  bool waits = false; // `Prefer: wait`: answered when the run has ended.
};

struct http_answer {
  unsigned status = 0;
  std::string body;
  double ms = 0; // From the first byte sent to the last one read.
};

/// Connections to a node on this machine, opened once. Each carries one request
/// at a time; all of them are served by the calling thread, so that the client
/// takes as little as it can of the cores it shares with the node.
class http_lines {
public:
  http_lines(uint16_t port, size_t connections);
  ~http_lines();
  http_lines(const http_lines&) = delete;
  http_lines& operator=(const http_lines&) = delete;

  using maker = std::function<http_call(uint64_t)>;
  using taker = std::function<void(uint64_t, http_answer)>;

  /// Sends `make(0)` to `make(n - 1)`, each on the next line that is free, and
  /// hands every answer to `take`. Throws what breaks a connection, and every
  /// answer that is no 2xx.
  void run(uint64_t n, maker make, taker take);

  /// One request on the first line.
  http_answer ask(http_call what);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::bench
