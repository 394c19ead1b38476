#include "http_line.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace troupe::bench {

bool http_said::has(const std::string& header) const {
  return head.find("\r\n" + header + ": ") != head.npos;
}

http_line::http_line(uint16_t port)
  : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
    throw std::runtime_error("the node does not listen");
}

http_line::~http_line() {
  ::close(fd_);
}

http_said http_line::get(const std::string& target,
                         const std::string& headers) {
  return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers
             + "\r\n");
}

http_said http_line::post(const std::string& target, const std::string& body,
                          const std::string& headers) {
  return ask("POST " + target
             + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
               "application/json\r\n"
             + headers + "Content-Length: " + std::to_string(body.size())
             + "\r\n\r\n" + body);
}

http_said http_line::ask(const std::string& request) {
  for (size_t sent = 0; sent < request.size();) {
    auto n =
      ::send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (n <= 0)
      throw std::runtime_error("the node closed a connection");
    sent += static_cast<size_t>(n);
  }
  auto end = rest_.npos;
  while ((end = rest_.find("\r\n\r\n")) == rest_.npos)
    read_more();
  http_said said;
  said.head = rest_.substr(0, end + 2);
  said.status = std::atoi(said.head.c_str() + std::strlen("HTTP/1.1 "));
  auto length = said.head.find("\r\nContent-Length: ");
  if (length == said.head.npos)
    throw std::runtime_error("an answer of unknown length:\n" + said.head);
  auto size = std::strtoull(said.head.c_str() + length
                              + std::strlen("\r\nContent-Length: "),
                            nullptr, 10);
  while (rest_.size() < end + 4 + size)
    read_more();
  said.body = rest_.substr(end + 4, size);
  rest_.erase(0, end + 4 + size);
  return said;
}

void http_line::read_more() {
  char part[65536];
  auto n = ::recv(fd_, part, sizeof part, 0);
  if (n <= 0)
    throw std::runtime_error("the node closed a connection");
  rest_.append(part, static_cast<size_t>(n));
}

} // namespace troupe::bench
