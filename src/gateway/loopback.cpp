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

bool loopback_host(std::string_view host) {
  auto name = host;
  std::string_view port;
  if (host.starts_with('[')) {
    auto end = host.find(']');
    if (end == std::string_view::npos)
      return false;
    name = host.substr(1, end - 1);
    port = host.substr(end + 1);
    if (name.find(':') == std::string_view::npos)
      return false;
  } else if (auto colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  if (!port.empty() && (port[0] != ':' || !digits(port.substr(1))))
    return false;
  return loopback_address(name);
}

bool same_origin(std::string_view origin, std::string_view host) {
  constexpr std::string_view scheme = "http://";
  return origin.size() > scheme.size()
         && same_word(origin.substr(0, scheme.size()), scheme)
         && same_word(origin.substr(scheme.size()), host);
}

} // namespace troupe::gateway
