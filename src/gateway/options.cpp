#include "gateway/options.hpp"

#include "core/login.hpp"
#include "gateway/loopback.hpp"

namespace troupe::gateway {

namespace {

// sockaddr_un holds 108 bytes with the final zero.
constexpr size_t unix_path_bytes_max = 107;

void check_listen(const gateway_options& opts,
                  std::vector<std::string>& found) {
  if (opts.listen.empty() && opts.unix_socket.empty())
    found.push_back("the gateway has neither an address nor a Unix socket; "
                    "set one of `listen` and `unix_socket`");
  auto has_login = opts.login && !opts.login->issuers.empty();
  auto missing = missing_beyond_this_machine(opts, has_login);
  if (!missing.empty())
    found.push_back("the gateway cannot listen on `" + opts.listen
                    + "`: " + missing + "; " + beyond_this_machine_hint);
  if (opts.unix_socket.size() > unix_path_bytes_max)
    found.push_back("the path of the Unix socket is longer than "
                    + std::to_string(unix_path_bytes_max)
                    + " bytes: " + opts.unix_socket
                    + "; use a shorter data directory, or set "
                      "gateway.unix_socket to a shorter path or to `off`");
}

} // namespace

const char* const beyond_this_machine_hint =
  "use 127.0.0.1, [::1], localhost or a Unix socket; set gateway.tls and "
  "auth.issuers; or say that somebody else sees to it: "
  "gateway.without_tls_beyond_this_machine, "
  "gateway.without_login_beyond_this_machine";

std::string missing_beyond_this_machine(const gateway_options& opts,
                                        bool has_login) {
  if (opts.listen.empty() || loopback_address(opts.listen))
    return {};
  auto no_tls = opts.tls.empty() && !opts.without_tls_beyond_this_machine;
  auto no_login = !has_login && !opts.without_login_beyond_this_machine;
  if (!no_tls && !no_login)
    return {};
  return std::string{"beyond this machine it needs "} + (no_tls ? "TLS" : "")
         + (no_tls && no_login ? " and " : "") + (no_login ? "a login" : "");
}

std::vector<std::string> problems(const gateway_options& opts) {
  std::vector<std::string> found;
  check_listen(opts, found);
  if (opts.tls.certificate.empty() != opts.tls.key.empty())
    found.push_back("TLS needs a certificate and its key; set both of "
                    "`tls.certificate` and `tls.key`, or neither");
  auto positive = [&](size_t value, const char* name) {
    if (value == 0)
      found.push_back(std::string{name} + " must be greater than 0");
  };
  positive(opts.url_bytes_max, "url_bytes_max");
  positive(opts.header_bytes_max, "header_bytes_max");
  positive(opts.body_bytes_max, "body_bytes_max");
  positive(opts.connections_max, "connections_max");
  positive(opts.requests_in_flight_max, "requests_in_flight_max");
  positive(opts.streams_max, "streams_max");
  positive(opts.stream_buffer_bytes_max, "stream_buffer_bytes_max");
  positive(opts.stream_message_bytes_max, "stream_message_bytes_max");
  positive(opts.subscriptions_max, "subscriptions_max");
  if (opts.bodies_bytes_max < opts.body_bytes_max)
    found.push_back("bodies_bytes_max is smaller than body_bytes_max, so the "
                    "largest body could never come in");
  auto lasting = [&](std::chrono::milliseconds value, const char* name) {
    if (value <= std::chrono::milliseconds{0})
      found.push_back(std::string{name} + " must be longer than 0 ms");
  };
  lasting(opts.handshake_timeout, "handshake_timeout");
  lasting(opts.idle_timeout, "idle_timeout");
  lasting(opts.read_timeout, "read_timeout");
  lasting(opts.write_timeout, "write_timeout");
  lasting(opts.answer_timeout, "answer_timeout");
  lasting(opts.stream_heartbeat, "stream_heartbeat");
  lasting(opts.stream_metrics_interval, "stream_metrics_interval");
  return found;
}

} // namespace troupe::gateway
