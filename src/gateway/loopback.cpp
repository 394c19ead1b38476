#include "gateway/loopback.hpp"

#include <algorithm>
#include <string>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

namespace troupe::gateway {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool digits(std::string_view text) {
  return !text.empty() && text.size() <= 5
         && std::all_of(text.begin(), text.end(),
                        [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

bool loopback_address(std::string_view address) {
  if (same_word(address, "localhost"))
    return true;
  boost::system::error_code ec;
  auto parsed = boost::asio::ip::make_address(std::string{address}, ec);
  return !ec && parsed.is_loopback();
}

namespace {

/// "name", "name:port" or "[::1]:port" without the port. Empty: it is none.
std::string_view name_in(std::string_view host) {
  auto name = host;
  std::string_view port;
  if (host.starts_with('[')) {
    auto end = host.find(']');
    if (end == std::string_view::npos)
      return {};
    name = host.substr(1, end - 1);
    port = host.substr(end + 1);
    if (name.find(':') == std::string_view::npos)
      return {};
  } else if (auto colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  if (!port.empty() && (port[0] != ':' || !digits(port.substr(1))))
    return {};
  return name;
}

} // namespace

bool is_address(std::string_view name) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(std::string{name}, ec);
  return !ec;
}

bool loopback_host(std::string_view host) {
  return loopback_address(name_in(host));
}

bool known_host(std::string_view host, const host_names& names) {
  auto name = name_in(host);
  if (loopback_address(name) || (names.addresses && is_address(name)))
    return true;
  return std::any_of(names.more.begin(), names.more.end(),
                     [&](const auto& x) { return same_word(x, name); });
}

bool same_origin(std::string_view origin, std::string_view host, bool secure) {
  auto from = [&](std::string_view scheme) {
    return origin.size() > scheme.size()
           && same_word(origin.substr(0, scheme.size()), scheme)
           && same_word(origin.substr(scheme.size()), host);
  };
  auto may_be_secured = secure || !loopback_host(host);
  return (may_be_secured && from("https://")) || (!secure && from("http://"));
}

} // namespace troupe::gateway
