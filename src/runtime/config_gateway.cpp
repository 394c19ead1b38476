#include <charconv>
#include <optional>

#include "gateway/loopback.hpp"
#include "runtime/config_values.hpp"

namespace troupe::runtime::config_reading {

namespace {

using namespace std::chrono_literals;

constexpr int64_t many = 1'000'000;

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t out = 0;
  auto [end, code] =
    std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

/// "127.0.0.1:8765", "[::1]:8765" or `off`.
void read_listen(object_reader& in, gateway::gateway_options& to) {
  auto x = in.find("listen");
  std::string text;
  if (!x)
    return;
  if (x->kind() != core::node_kind::string) {
    x->fail_expected("an address", "write e.g. 127.0.0.1:8765, or `off`");
    return;
  }
  if (!x->read(text))
    return;
  if (text == "off") {
    to.listen.clear();
    return;
  }
  auto colon = text.rfind(':');
  auto port = colon == text.npos
                ? std::nullopt
                : port_of(std::string_view{text}.substr(colon + 1));
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (!port || host.empty()) {
    x->fail("`" + text.substr(0, 60) + "` is no address with a port",
            "write e.g. 127.0.0.1:8765, [::1]:8765, or `off`");
    return;
  }
  if (!gateway::is_address(host) && !gateway::loopback_address(host)) {
    x->fail("`" + host.substr(0, 60) + "` is no address to listen on",
            "use 127.0.0.1, [::1], localhost, or another address of this "
            "machine");
    return;
  }
  to.listen = host;
  to.port = *port;
}

/// When all that it depends on is read.
void check_listen(object_reader& in, const node_config& to) {
  auto missing =
    gateway::missing_beyond_this_machine(to.gateway, !to.auth.issuers.empty());
  if (missing.empty())
    return;
  in.find("listen")->fail("the gateway cannot listen on `"
                            + to.gateway.listen.substr(0, 60) + "`: " + missing,
                          gateway::beyond_this_machine_hint);
}

void read_names(object_reader& in, std::vector<std::string>& to) {
  constexpr size_t name_bytes_max = 253; // Of DNS.
  auto x = in.find("names");
  std::vector<std::string> read;
  if (!x || x->kind() == core::node_kind::null || !x->read(read))
    return;
  for (const auto& name : read)
    if (name.empty() || name.size() > name_bytes_max
        || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")
             != name.npos) {
      x->fail("`" + name.substr(0, 60) + "` is no name of a host",
              "write it without scheme and port, e.g. troupe.example.com");
      return;
    }
  to = std::move(read);
}

void read_unix_socket(object_reader& in, gateway::gateway_options& to) {
  if (read_text_or_off(in, "unix_socket", to.unix_socket)
      && to.unix_socket.size() > unix_path_bytes_max)
    in.find("unix_socket")
      ->fail("the path of a Unix socket has at most "
               + std::to_string(unix_path_bytes_max) + " bytes",
             "use a shorter one");
}

void read_tls(object_reader& in, wire::tls_files& to) {
  in.read("certificate", to.certificate);
  in.read("key", to.key);
  if (to.certificate.empty() != to.key.empty())
    in.self().fail("TLS needs a certificate and its key",
                   "give the paths of both `certificate` and `key`");
  finish(in, "gateway.tls");
}

void size(object_reader& in, std::string_view key, size_t& to, uint64_t low) {
  uint64_t read = to;
  read_size(in, key, read, {low, 16 * gib});
  to = read;
}

void read_limits(object_reader& in, gateway::gateway_options& to) {
  constexpr bounds<int64_t> rate{0, many};
  in.read("address_requests_per_second", to.address_requests_per_second, rate);
  in.read("principal_requests_per_second", to.principal_requests_per_second,
          rate);
  in.read("workspace_requests_per_second", to.workspace_requests_per_second,
          rate);
  size(in, "url_bytes_max", to.url_bytes_max, 256);
  size(in, "header_bytes_max", to.header_bytes_max, kib);
  size(in, "body_bytes_max", to.body_bytes_max, kib);
  size(in, "bodies_bytes_max", to.bodies_bytes_max, kib);
  in.read("connections_max", to.connections_max, bounds<int64_t>{1, many});
  in.read("requests_in_flight_max", to.requests_in_flight_max,
          bounds<int64_t>{1, many});
  in.read("streams_max", to.streams_max, bounds<int64_t>{1, many});
  size(in, "stream_buffer_bytes_max", to.stream_buffer_bytes_max, kib);
  size(in, "stream_message_bytes_max", to.stream_message_bytes_max, kib);
  in.read("subscriptions_max", to.subscriptions_max, bounds<int64_t>{1, many});
  size(in, "gzip_bytes_min", to.gzip_bytes_min, 1);
  constexpr bounds<core::duration> time{1ms, 24h};
  read_time(in, "handshake_timeout", to.handshake_timeout, time);
  read_time(in, "idle_timeout", to.idle_timeout, time);
  read_time(in, "read_timeout", to.read_timeout, time);
  read_time(in, "write_timeout", to.write_timeout, time);
  read_time(in, "answer_timeout", to.answer_timeout, time);
  read_time(in, "stream_heartbeat", to.stream_heartbeat, time);
  read_time(in, "stream_metrics_interval", to.stream_metrics_interval, time);
  if (to.bodies_bytes_max < to.body_bytes_max)
    in.self().fail("`bodies_bytes_max` is smaller than `body_bytes_max`",
                   "the largest body could never come in; raise it");
  finish(in, "gateway.limits");
}

} // namespace

void read_gateway(object_reader& in, node_config& to) {
  read_listen(in, to.gateway);
  read_unix_socket(in, to.gateway);
  section(in, "tls",
          [&](object_reader& inner) { read_tls(inner, to.gateway.tls); });
  section(in, "limits",
          [&](object_reader& inner) { read_limits(inner, to.gateway); });
  read_names(in, to.gateway.names);
  in.read("without_tls_beyond_this_machine",
          to.gateway.without_tls_beyond_this_machine);
  in.read("without_login_beyond_this_machine",
          to.gateway.without_login_beyond_this_machine);
  check_listen(in, to);
  finish(in, "gateway");
}

} // namespace troupe::runtime::config_reading
