#include "gateway/route_match.hpp"

#include <algorithm>

#include "core/id.hpp"

namespace troupe::gateway {

namespace {

/// What an agent may be called in a configuration.
bool is_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

/// Variables of paths that are no ids.
bool is_word(std::string_view variable) {
  return variable == "agent" || variable == "name" || variable == "token"
         || variable == "letter";
}

bool fits(std::string_view pattern, const std::vector<std::string>& segments,
          match& out) {
  pairs ids;
  std::string bad;
  for (const auto& segment : segments) {
    if (pattern.empty())
      return false;
    pattern.remove_prefix(1);
    auto end = std::min(pattern.find('/'), pattern.size());
    auto word = pattern.substr(0, end);
    pattern.remove_prefix(end);
    if (!word.starts_with('{')) {
      if (word != segment)
        return false;
      continue;
    }
    if (segment.empty())
      return false;
    auto name = word.substr(1, word.size() - 2);
    if (auto id = core::id_from(segment); id && !is_word(name))
      ids.emplace_back(name, json_string(to_string(*id)));
    else if (is_word(name) && is_name(segment))
      ids.emplace_back(name, json_string(segment));
    else
      bad = segment;
  }
  if (!pattern.empty())
    return false;
  out.ids = std::move(ids);
  out.bad_id = std::move(bad);
  return true;
}

void allow(match& out, std::string_view method) {
  if (!out.allow.empty())
    out.allow += ", ";
  out.allow += method;
  if (method == "GET")
    out.allow += ", HEAD";
}

} // namespace

match find_route(std::string_view method, const target& where) {
  // HEAD is GET without the body; the session leaves that out.
  auto wanted = method == "HEAD" ? std::string_view{"GET"} : method;
  match out;
  for (const auto& x : routes()) {
    if (!fits(x.pattern, where.segments, out))
      continue;
    allow(out, x.method);
    if (x.method == wanted)
      out.found = &x;
  }
  if (!out.allow.empty())
    out.allow += ", OPTIONS";
  return out;
}

} // namespace troupe::gateway
