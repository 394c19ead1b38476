#include "runtime/config_values.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <optional>

#include "runtime/config_settings.hpp"

namespace troupe::runtime::config_reading {

namespace {

constexpr std::array<std::pair<std::string_view, uint64_t>, 4> units{
  {{"GiB", gib}, {"MiB", mib}, {"KiB", kib}, {"B", 1}}};

constexpr size_t word_bytes_max = 128;

std::optional<uint64_t> size_of(std::string_view text) {
  uint64_t unit = 1;
  for (const auto& [name, factor] : units)
    if (text.ends_with(name)) {
      text.remove_suffix(name.size());
      unit = factor;
      break;
    }
  while (text.ends_with(' '))
    text.remove_suffix(1);
  uint64_t count = 0;
  auto [end, code] =
    std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc{} || end != text.data() + text.size()
      || count > UINT64_MAX / unit)
    return std::nullopt;
  return count * unit;
}

/// "32MB" as it would be written here; empty: it is nothing like that.
std::string size_hint(std::string_view text) {
  auto digits = text.find_first_not_of("0123456789");
  auto unit = digits == text.npos ? std::string_view{} : text.substr(digits);
  unit.remove_prefix(std::min(unit.size(), unit.find_first_not_of(' ')));
  if (digits == 0 || unit.empty() || unit.size() > 2
      || (unit.size() == 2 && unit[1] != 'B' && unit[1] != 'b'))
    return {};
  for (std::string_view letters : {"Kk", "Mm", "Gg"})
    if (letters.find(unit[0]) != letters.npos)
      return "did you mean `" + std::string{text.substr(0, digits)} + letters[0]
             + "iB`?";
  return {};
}

/// Where a field that is unknown here would be known; empty: nowhere.
std::string place_hint(std::string_view name) {
  if (is_setting(name)) {
    auto dot = name.rfind('.');
    return "write `" + std::string{name.substr(0, dot)}
           + ":` and below it, indented, `" + std::string{name.substr(dot + 1)}
           + ": ...`";
  }
  std::string found;
  for (auto x : settings()) {
    if (!x.ends_with("." + std::string{name}))
      continue;
    if (!found.empty())
      return {}; // It could be meant for more than one.
    found = x;
    if (auto star = found.find('*'); star != found.npos)
      found.replace(star, 1, "NAME");
  }
  return found.empty() ? found : "that is `" + found + "`";
}

/// What `finish` has just found: a field that is right elsewhere says where.
void add_places(core::problems& all, size_t from) {
  constexpr std::string_view begin = "unknown field `";
  for (auto i = from; i < all.size(); ++i) {
    auto& x = all[i];
    if (!x.what.starts_with(begin))
      continue;
    auto name = std::string_view{x.what}.substr(begin.size());
    name.remove_suffix(1);
    if (x.hint.empty() || is_setting(name))
      x.hint = place_hint(name);
  }
}

} // namespace

std::string size_text(uint64_t bytes) {
  for (const auto& [name, factor] : units)
    if (bytes >= factor && bytes % factor == 0)
      return std::to_string(bytes / factor) + std::string{name};
  return "0";
}

bool read_size(object_reader& in, std::string_view key, uint64_t& to,
               bounds<uint64_t> allowed) {
  auto x = in.find(key);
  if (!x)
    return false;
  auto kind = x->kind();
  auto readable =
    kind == core::node_kind::integer || kind == core::node_kind::string;
  auto size = readable ? size_of((*x)->text) : std::nullopt;
  if (!size) {
    auto hint = size_hint((*x)->text);
    x->fail_expected("a size", hint.empty()
                                 ? "write e.g. 64KiB, 8MiB, 1GiB, or a number "
                                   "of bytes"
                                 : hint);
    return false;
  }
  if (*size < allowed.low || *size > allowed.high) {
    x->fail("`" + (*x)->text.substr(0, 40) + "` is out of range",
            "allowed are " + size_text(allowed.low) + " to "
              + size_text(allowed.high));
    return false;
  }
  to = *size;
  return true;
}

void read_time(object_reader& in, std::string_view key, milliseconds& to,
               bounds<core::duration> allowed) {
  core::duration read{};
  if (in.read(key, read, allowed))
    to = std::chrono::duration_cast<milliseconds>(read);
}

void read_time(object_reader& in, std::string_view key,
               std::chrono::seconds& to, bounds<core::duration> allowed) {
  core::duration read{};
  if (in.read(key, read, allowed))
    to = std::chrono::ceil<std::chrono::seconds>(read);
}

bool read_text_or_off(object_reader& in, std::string_view key,
                      std::string& to) {
  if (!in.read(key, to))
    return false;
  if (to == "off")
    to.clear();
  return true;
}

bool check_word(const value& at, std::string_view word, std::string_view what) {
  auto good = !word.empty() && word.size() <= word_bytes_max
              && std::all_of(word.begin(), word.end(), [](char c) {
                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                          || (c >= '0' && c <= '9') || c == '_' || c == '-'
                          || c == '.';
                 });
  if (good)
    return true;
  auto sentence =
    "`" + std::string{word.substr(0, 60)} + "` cannot be " + std::string{what};
  auto hint = "use letters, digits, `_`, `-` and `.`, at most "
              + std::to_string(word_bytes_max);
  if (word == at->key)
    at.fail_at_key(std::move(sentence), std::move(hint));
  else
    at.fail(std::move(sentence), std::move(hint));
  return false;
}

void read_word(object_reader& in, std::string_view key, std::string& to) {
  auto x = in.find(key);
  std::string read;
  if (x && x->read(read) && check_word(*x, read, "a " + std::string{key}))
    to = std::move(read);
}

void finish(object_reader& in, std::string_view path) {
  for (auto key : in.asked()) {
    auto name = std::string{path} + (path.empty() ? "" : ".");
    name += key;
    auto inside = name + ".";
    auto known = [&](std::string_view x) {
      return x == name || x.starts_with(inside);
    };
    auto all = settings();
    assert(std::any_of(all.begin(), all.end(), known));
    (void)all; // Where asserts are off.
    (void)known;
  }
  auto before = in.self().out().size();
  in.finish();
  add_places(in.self().out(), before);
}

} // namespace troupe::runtime::config_reading
