#include "gateway/target.hpp"

#include <cctype>
#include <cstdint>

#include <nlohmann/json.hpp>

namespace troupe::gateway {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool valid_utf8(const std::string& text) {
  // As the JSON library sees it, for that is where it goes.
  return nlohmann::json::accept('"' + text + '"');
}

bool welcome(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  std::string plain; // The same without what JSON would want escaped.
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size())
        return std::nullopt;
      auto high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0)
        return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (!welcome(c))
      return std::nullopt;
    out += c;
    if (c != '"' && c != '\\')
      plain += c;
  }
  if (!valid_utf8(plain))
    return std::nullopt;
  return out;
}

bool split_path(std::string_view path, target& out) {
  path.remove_prefix(1);
  while (!path.empty()) {
    auto slash = path.find('/');
    auto segment = decode(path.substr(0, slash), false);
    if (!segment)
      return false;
    out.segments.push_back(std::move(*segment));
    if (slash == std::string_view::npos)
      break;
    path.remove_prefix(slash + 1);
    if (path.empty())
      out.segments.emplace_back(); // "/runs/" is not "/runs".
  }
  return true;
}

bool split_query(std::string_view query, target& out) {
  while (!query.empty()) {
    auto end = query.find('&');
    auto field = query.substr(0, end);
    auto equals = field.find('=');
    auto name = decode(field.substr(0, equals), true);
    auto value =
      decode(equals == std::string_view::npos ? std::string_view{}
                                              : field.substr(equals + 1),
             true);
    if (!name || !value)
      return false;
    if (!field.empty())
      out.query.emplace_back(std::move(*name), std::move(*value));
    if (end == std::string_view::npos)
      break;
    query.remove_prefix(end + 1);
  }
  return true;
}

} // namespace

std::optional<target> parse_target(std::string_view text) {
  if (!text.starts_with('/') || text.find('#') != std::string_view::npos)
    return std::nullopt;
  auto mark = text.find('?');
  target out;
  if (!split_path(text.substr(0, mark), out))
    return std::nullopt;
  if (mark != std::string_view::npos
      && !split_query(text.substr(mark + 1), out))
    return std::nullopt;
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (auto c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

} // namespace troupe::gateway
