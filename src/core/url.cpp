#include "core/url.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::core {

namespace {

constexpr size_t url_bytes_max = 8 * 1024;
constexpr uint16_t http_port = 80;
constexpr uint16_t https_port = 443;

failure wrong(std::string_view text, std::string_view why) {
  return {errc::invalid, category::validation,
          "`" + std::string{text.substr(0, 80)} + "` is no usable address: "
            + std::string{why} + "; write e.g. https://example.com/hook"};
}

bool plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
}

bool is_host(std::string_view text, bool v6) {
  auto good = [v6](char c) {
    auto hex = (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9');
    if (v6)
      return hex || c == ':' || c == '.';
    return hex || (c >= 'g' && c <= 'z') || c == '-' || c == '.' || c == '_';
  };
  return !text.empty() && text.size() <= 253
         && std::all_of(text.begin(), text.end(), good);
}

/// Takes "host", "host:port" or "[v6]:port" apart. False: it is neither.
bool read_authority(std::string_view text, url& to) {
  auto v6 = text.starts_with('[');
  auto end = v6 ? text.find(']') : text.find(':');
  if (v6 && end == text.npos)
    return false;
  auto host = v6 ? text.substr(1, end - 1) : text.substr(0, end);
  to.host.assign(host);
  std::transform(host.begin(), host.end(), to.host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (!is_host(to.host, v6))
    return false;
  auto rest = text.substr(std::min(text.size(), v6 ? end + 1 : end));
  to.port = to.secure ? https_port : http_port;
  if (rest.empty())
    return true;
  rest.remove_prefix(1);
  auto read = std::from_chars(rest.data(), rest.data() + rest.size(), to.port);
  return read.ec == std::errc{} && read.ptr == rest.data() + rest.size()
         && to.port > 0;
}

} // namespace

result<url> parse_url(std::string_view text) {
  url out;
  if (text.size() > url_bytes_max)
    return wrong(text, "it has more than 8 KiB (url_bytes_max)");
  if (!plain(text))
    return wrong(text, "it has spaces, a fragment or characters that must be "
                       "percent-encoded");
  auto rest = text;
  if (rest.starts_with("https://"))
    out.secure = true;
  else if (!rest.starts_with("http://"))
    return wrong(text, "it begins neither with https:// nor with http://");
  rest.remove_prefix(out.secure ? 8 : 7);
  auto end = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = rest.substr(0, end);
  if (authority.find('@') != authority.npos)
    return wrong("http://(hidden)@..",
                 "a user name or password does not belong there");
  if (!read_authority(authority, out))
    return wrong(text, "its host or port cannot be read");
  rest.remove_prefix(end);
  out.target = rest.starts_with('/') ? "" : "/";
  out.target += rest;
  return out;
}

std::string host_text(const url& x) {
  auto v6 = x.host.find(':') != x.host.npos;
  auto out = v6 ? "[" + x.host + "]" : x.host;
  if (x.port != (x.secure ? https_port : http_port))
    out += ":" + std::to_string(x.port);
  return out;
}

std::string to_string(const url& x) {
  return (x.secure ? "https://" : "http://") + host_text(x) + x.target;
}

result<url> resolve(const url& from, std::string_view location) {
  if (location.starts_with("http://") || location.starts_with("https://"))
    return parse_url(location);
  if (!location.starts_with('/') || location.starts_with("//"))
    return wrong(location, "a Location is a whole address, or a path that "
                           "begins with one /");
  if (!plain(location) || location.size() > url_bytes_max)
    return wrong(location, "it has spaces or odd characters, or is too long");
  auto out = from;
  out.target = location;
  return out;
}

} // namespace troupe::core
