#include "runtime/config_overlay.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/reader.hpp"
#include "runtime/config_settings.hpp"

namespace troupe::runtime {

namespace {

constexpr std::string_view prefix = "TROUPE_";

/// Places in the text of one value would mislead.
void forget_lines(core::node& x) {
  x.line = x.column = x.key_line = x.key_column = 0;
  for (auto& item : x.items)
    forget_lines(item);
}

void add(std::string source, std::vector<std::string> path,
         const std::string& value, std::vector<overlay>& to,
         std::vector<config_problem>& problems) {
  auto parsed = core::read_yaml(value);
  for (auto& x : parsed.problems) {
    x.line = 0;
    problems.push_back({source, std::move(x)});
  }
  if (!parsed.problems.empty())
    return;
  forget_lines(parsed.root);
  to.push_back({std::move(source), std::move(path), std::move(parsed.root)});
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= path.size();) {
    auto dot = std::min(path.find('.', at), path.size());
    out.emplace_back(path.substr(at, dot - at));
    at = dot + 1;
  }
  return out;
}

/// What stands for the `*` of `pattern` in `name`, if it fits.
std::optional<std::string_view> star_of(std::string_view pattern,
                                        std::string_view name) {
  auto star = pattern.find('*');
  if (star == pattern.npos)
    return pattern == name ? std::optional{std::string_view{}} : std::nullopt;
  auto before = pattern.substr(0, star);
  auto after = pattern.substr(star + 1);
  if (name.size() <= before.size() + after.size() || !name.starts_with(before)
      || !name.ends_with(after))
    return std::nullopt;
  return name.substr(before.size(), name.size() - before.size() - after.size());
}

/// The member of `section` whose variable has that word in it, or the word in
/// small letters.
std::string name_of(const core::node& root, const std::string& section,
                    std::string_view word) {
  auto wanted = std::string{prefix} + std::string{word};
  const auto* all =
    root.kind == core::node_kind::object ? root.find(section) : nullptr;
  if (all != nullptr)
    for (const auto& item : all->items)
      if (variable_of(item.key) == wanted)
        return item.key;
  std::string out{word};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + 32);
  return out;
}

std::optional<std::vector<std::string>> path_of(const std::string& variable,
                                                const core::node& root) {
  std::string_view best;
  std::string_view word;
  for (auto setting : settings()) {
    auto found = star_of(variable_of(setting), variable);
    // The longest: LIMITS_TIME before TIME of an agent called x_limits.
    if (!found || setting.size() <= best.size())
      continue;
    best = setting;
    word = found->empty() ? *found
                          : std::string_view{variable}.substr(
                            variable_of(setting).find('*'), found->size());
  }
  if (best.empty())
    return std::nullopt;
  auto path = split(best);
  for (auto& part : path)
    if (part == "*")
      part = name_of(root, path[0], word);
  return path;
}

/// The source without the value, which may be a secret.
std::string source_of(const overlay& x) {
  return x.source.substr(0, x.source.find('='));
}

void add_origins(const core::node& at, const std::vector<std::string>& path,
                 const std::string& file, const std::vector<overlay>& all,
                 std::map<std::string, config_origin>& to) {
  auto pointer = pointer_of(path);
  if (at.line > 0)
    to[pointer] = {file, at.line, at.column};
  else if (const auto* who = newest_at(pointer, all))
    to[pointer] = {source_of(*who), 0, 0};
  if (at.kind != core::node_kind::object)
    return;
  for (const auto& item : at.items) {
    auto inner = path;
    inner.push_back(item.key);
    add_origins(item, inner, file, all, to);
  }
}

bool begins_like_a_setting(std::string_view variable) {
  for (auto setting : settings())
    if (variable.starts_with(
          variable_of(setting.substr(0, setting.find('.') + 1))))
      return true;
  return false;
}

} // namespace

std::string pointer_of(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& part : path) {
    out += "/";
    for (auto c : part) // RFC 6901.
      out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return out;
}

const overlay* newest_at(const std::string& pointer,
                         const std::vector<overlay>& all) {
  auto inside = [](const std::string& a, const std::string& b) {
    return a == b || a.starts_with(b + "/");
  };
  for (auto pos = all.rbegin(); pos != all.rend(); ++pos)
    if (auto at = pointer_of(pos->path);
        inside(pointer, at) || inside(at, pointer))
      return &*pos;
  return nullptr;
}

std::map<std::string, config_origin>
origins_of(const core::node& root, const std::string& file,
           const std::vector<overlay>& all) {
  std::map<std::string, config_origin> out;
  add_origins(root, {}, file, all, out);
  return out;
}

overlay text_overlay(std::string source, std::vector<std::string> path,
                     std::string text) {
  overlay out{std::move(source), std::move(path), {}};
  out.value.kind = core::node_kind::string;
  out.value.text = std::move(text);
  return out;
}

void add_set(const std::string& text, std::vector<overlay>& to,
             std::vector<config_problem>& problems) {
  auto source = "--set " + text.substr(0, 100);
  auto equals = text.find('=');
  auto path = split(std::string_view{text}.substr(0, equals));
  auto empty = [](const std::string& part) { return part.empty(); };
  if (equals == text.npos || std::any_of(path.begin(), path.end(), empty)) {
    problems.push_back(
      {std::move(source),
       {"", 0, 0, "this is no setting",
        "write its path, `=` and a value, e.g. --set node.threads=4"}});
    return;
  }
  add(std::move(source), std::move(path), text.substr(equals + 1), to,
      problems);
}

void add_environment(const std::map<std::string, std::string>& from,
                     const core::node& root, std::vector<overlay>& to,
                     std::vector<config_problem>& problems) {
  std::vector<std::string> names;
  for (auto setting : settings())
    names.push_back(variable_of(setting));
  std::vector<std::string_view> known{names.begin(), names.end()};
  for (const auto& [name, value] : from) {
    if (auto path = path_of(name, root))
      add(name, std::move(*path), value, to, problems);
    else if (begins_like_a_setting(name)) {
      auto hint = core::did_you_mean(name, known);
      problems.push_back(
        {name,
         {"", 0, 0, "there is no such setting",
          hint.empty() ? "see docs/configuration.md" : std::move(hint)}});
    }
  }
}

void apply(const overlay& x, core::node& root) {
  auto* at = &root;
  for (const auto& part : x.path) {
    if (at->kind != core::node_kind::object) {
      at->kind = core::node_kind::object;
      at->items.clear();
    }
    auto pos = std::find_if(at->items.begin(), at->items.end(),
                            [&](const auto& item) { return item.key == part; });
    if (pos == at->items.end()) {
      at->items.emplace_back();
      pos = std::prev(at->items.end());
      pos->key = part;
      pos->kind = core::node_kind::null;
    }
    at = &*pos;
  }
  auto value = x.value;
  value.key = at->key;
  *at = std::move(value);
}

} // namespace troupe::runtime
