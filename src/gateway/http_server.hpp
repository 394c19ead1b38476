#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "core/api.hpp"
#include "core/metric_page.hpp"
#include "gateway/options.hpp"
#include "gateway/request_figures.hpp"

namespace troupe::gateway {

/// The HTTP door: translates requests for a `core::api`, on a thread of its
/// own. docs/api.md has the routes.
class http_server {
public:
  http_server(std::shared_ptr<core::api> api, gateway_options opts);
  ~http_server(); // Stops at once.

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Listens. Once.
  failure start();

  /// Where it listens on TCP; 0 before `start` and without TCP.
  uint16_t port() const;

  /// Reads certificate and key again, for connections that come from now on.
  /// On an error everything stays as it was.
  failure renew_tls();

  /// Others may come in from now on. Refuses to leave a door open to others.
  failure renew_login(login_rules_ptr rules);

  /// Streams that a token has opened end: it may be worth nothing any more. Who
  /// may still come in goes on where it was.
  void end_token_streams();

  /// Before `start`: who hears of every answer, on the door's thread.
  void on_answer(answer_listener listen);

  /// Figures of its requests and connections. Thread-safe.
  void add_figures(core::metric_page& to) const;

  /// Accepts nothing more, lets requests in flight be answered until the
  /// deadline, ends live streams. Blocks.
  void stop(std::chrono::milliseconds deadline);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::gateway
