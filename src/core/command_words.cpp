#include "core/command_words.hpp"

#include <array>

#include "core/json_text.hpp"

namespace troupe::core {

namespace {

constexpr std::string_view by_word = " by ";
constexpr std::string_view door_word = " through ";
constexpr std::string_view request_word = " request ";
constexpr std::string_view trace_word = " trace ";
constexpr std::string_view detail_word = ": ";

/// The verbs of two words.
constexpr std::array<std::string_view, 1> long_verbs{"cancel task"};

std::string as_name(std::string_view name) {
  auto plain = name.find_first_of(" \"\\:") == name.npos;
  return plain ? std::string{name} : to_compact(std::string{name});
}

bool take(std::string_view& from, std::string_view word) {
  if (!from.starts_with(word))
    return false;
  from.remove_prefix(word.size());
  return true;
}

/// A name as `as_name` wrote it.
std::optional<std::string> take_name(std::string_view& from) {
  size_t end = 0;
  if (!from.starts_with('"')) {
    end = from.find_first_of(" :");
    end = end == from.npos ? from.size() : end;
    std::string name{from.substr(0, end)};
    from.remove_prefix(end);
    return name;
  }
  for (end = 1; end < from.size() && from[end] != '"'; ++end)
    end += from[end] == '\\';
  if (end >= from.size())
    return std::nullopt;
  auto name = nlohmann::json::parse(from.substr(0, end + 1), nullptr, false);
  from.remove_prefix(end + 1);
  if (!name.is_string())
    return std::nullopt;
  return name.get<std::string>();
}

bool take_part(std::string_view& from, std::string_view word, std::string& to) {
  if (!take(from, word))
    return true; // It may be missing.
  auto name = take_name(from);
  if (name)
    to = std::move(*name);
  return name.has_value();
}

std::string take_verb(std::string_view& from) {
  for (auto x : long_verbs)
    if (take(from, x))
      return std::string{x};
  auto end = std::min(from.find(' '), from.size());
  std::string verb{from.substr(0, end)};
  from.remove_prefix(end);
  return verb;
}

} // namespace

std::string to_text(const command_words& x) {
  auto text = x.verb;
  auto add = [&text](std::string_view word, const std::string& name) {
    if (name.empty())
      return;
    text += word;
    text += as_name(name);
  };
  add(" ", x.name);
  text += by_word;
  text += as_name(x.by.principal);
  text += door_word;
  text += as_name(x.by.door);
  add(request_word, x.by.request);
  add(trace_word, x.by.trace);
  if (!x.detail.empty()) {
    text += detail_word;
    text += x.detail;
  }
  return text;
}

std::optional<command_words> command_words_from(std::string_view text) {
  command_words out;
  out.verb = take_verb(text);
  if (out.verb.empty())
    return std::nullopt;
  if (!text.starts_with(by_word) && !take_part(text, " ", out.name))
    return std::nullopt;
  auto who = take(text, by_word) ? take_name(text) : std::nullopt;
  auto door = who && take(text, door_word) ? take_name(text) : std::nullopt;
  if (!door || !take_part(text, request_word, out.by.request)
      || !take_part(text, trace_word, out.by.trace))
    return std::nullopt;
  out.by.principal = std::move(*who);
  out.by.door = std::move(*door);
  if (take(text, detail_word))
    out.detail = text;
  else if (!text.empty())
    return std::nullopt;
  return out;
}

} // namespace troupe::core
