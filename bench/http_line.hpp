#pragma once

#include <cstdint>
#include <string>

namespace troupe::bench {

/// What the node said.
struct http_said {
  int status = 0;
  std::string head;
  std::string body;
  bool has(const std::string& header) const; // Its name, any value.
};

/// One connection to a node on this machine that is used again and again, by
/// one thread. Throws where the connection breaks: a node must not do that.
class http_line {
public:
  explicit http_line(uint16_t port);
  ~http_line();
  http_line(const http_line&) = delete;
  http_line& operator=(const http_line&) = delete;

  /// `headers`: whole lines, each with its line end.
  http_said get(const std::string& target, const std::string& headers = {});
  http_said post(const std::string& target, const std::string& body,
                 const std::string& headers = {});

private:
  http_said ask(const std::string& request);
  void read_more();

  int fd_ = -1;
  std::string rest_;
};

} // namespace troupe::bench
