#include "cli/plain_http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace troupe::test {

namespace {

bool send_all(int to, const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    auto n = ::send(to, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    sent += static_cast<size_t>(n);
  }
  return true;
}

std::string read_all(int from) {
  std::string out;
  char part[65536];
  for (ssize_t n = 0; (n = ::recv(from, part, sizeof part, 0)) > 0;)
    out.append(part, static_cast<size_t>(n));
  return out;
}

} // namespace

http_said ask_http(int port, const std::string& method,
                   const std::string& target, const std::string& body,
                   const std::string& headers) {
  http_said said;
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto request = method + ' ' + target
                 + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port)
                 + "\r\nConnection: close\r\nContent-Type: application/json"
                   "\r\nContent-Length: "
                 + std::to_string(body.size()) + "\r\n" + headers + "\r\n"
                 + body;
  std::string all;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0
      && send_all(fd, request))
    all = read_all(fd);
  ::close(fd);
  auto end = all.find("\r\n\r\n");
  if (end == all.npos || all.size() < 12)
    return said;
  said.status = std::atoi(all.c_str() + 9);
  said.head = all.substr(0, end);
  said.body = all.substr(end + 4);
  return said;
}

int port_of(const std::string& ready) {
  const std::string before = "http://127.0.0.1:";
  auto at = ready.find(before);
  return at == ready.npos ? 0 : std::atoi(ready.c_str() + at + before.size());
}

} // namespace troupe::test
