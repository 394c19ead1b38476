#pragma once

#include <future>
#include <memory>
#include <string>

#include "outbound/http_client.hpp"
#include "outbound/odd_server.hpp"

// Calls as tests make them.

namespace troupe::test {

using answered = core::result<outbound::http_answer>;

inline outbound::http_call call_to(const std::string& address,
                                   std::string method = "GET",
                                   std::string body = {}) {
  outbound::http_call out;
  out.method = std::move(method);
  out.to = *core::parse_url(address);
  out.body = std::move(body);
  return out;
}

inline std::future<answered> send(outbound::http_client& with,
                                  outbound::http_call what) {
  auto promise = std::make_shared<std::promise<answered>>();
  with.send(std::move(what),
            [promise](answered x) { promise->set_value(std::move(x)); });
  return promise->get_future();
}

inline answered ask(outbound::http_client& with, outbound::http_call what) {
  return send(with, std::move(what)).get();
}

/// Never ends what it has begun.
inline void hang(const received&, odd_peer& to) {
  to.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  to.wait_for_end();
}

} // namespace troupe::test
