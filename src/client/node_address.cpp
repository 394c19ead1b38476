#include "client/node_address.hpp"

#include <algorithm>
#include <filesystem>

namespace troupe::remote {

namespace {

constexpr uint16_t default_port = 8765;

failure wrong(const std::string& text) {
  return {errc::invalid, category::validation,
          "`" + text
            + "` is no address of a node; write "
              "http://127.0.0.1:8765, https://HOST:PORT or "
              "unix:/path/to/troupe.sock"};
}

} // namespace

core::result<node_address> parse_node_address(const std::string& text) {
  std::string_view rest = text;
  node_address out;
  if (rest.starts_with("unix:")) {
    rest.remove_prefix(5);
    if (rest.empty())
      return wrong(text);
    if (rest.size() > unix_path_bytes_max)
      return failure{errc::invalid, category::validation,
                     "the path of a Unix socket has at most "
                       + std::to_string(unix_path_bytes_max) + " bytes, not "
                       + std::to_string(rest.size()) + ": " + std::string{rest}
                       + "; name the node with --node http://HOST:PORT"};
    out.unix_path = rest;
    return out;
  }
  out.secure = rest.starts_with("https://");
  if (out.secure || rest.starts_with("http://"))
    rest.remove_prefix(out.secure ? 8 : 7);
  if (rest.ends_with('/'))
    rest.remove_suffix(1);
  auto colon = rest.rfind(':');
  if (rest.ends_with(']') || colon == std::string_view::npos) {
    out.host = rest;
    out.port = default_port;
  } else {
    auto digits = rest.substr(colon + 1);
    auto number = std::all_of(digits.begin(), digits.end(),
                              [](char c) { return c >= '0' && c <= '9'; });
    if (digits.empty() || digits.size() > 5 || !number)
      return wrong(text);
    auto port = std::stoul(std::string{digits});
    if (port == 0 || port > 65535)
      return wrong(text);
    out.host = rest.substr(0, colon);
    out.port = static_cast<uint16_t>(port);
  }
  if (out.host.empty() || out.host.find('/') != std::string::npos)
    return wrong(text);
  return out;
}

std::string to_text(const node_address& where) {
  if (!where.unix_path.empty())
    return "unix:" + where.unix_path;
  return (where.secure ? "https://" : "http://") + where.host + ":"
         + std::to_string(where.port);
}

failure token_problem(const node_address& where, const std::string& token) {
  if (token.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
      != token.npos)
    return {errc::invalid, category::validation,
            "the token is none: it has other characters; give it as `troupe "
            "token make` printed it"};
  auto here = !where.unix_path.empty() || where.host == "localhost"
              || where.host == "[::1]" || where.host.starts_with("127.");
  if (token.empty() || where.secure || here)
    return {};
  return {errc::invalid, category::security,
          "the token would go to " + to_text(where)
            + " for all to read on the way; name the node with https://"};
}

std::string socket_path(const std::string& data) {
  return data + "/troupe.sock";
}

core::result<node_address> choose_node(const std::string& given,
                                       const std::string& data) {
  if (!given.empty())
    return parse_node_address(given);
  std::error_code ignored;
  if (std::filesystem::is_socket(socket_path(data), ignored))
    return node_address{socket_path(data), {}, 0, false};
  return node_address{{}, "127.0.0.1", default_port, false};
}

} // namespace troupe::remote
