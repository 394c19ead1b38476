#include "runtime/reload.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace troupe::runtime {

namespace {

auto parts_of(const profile& x) {
  return std::tie(x.name, x.capabilities, x.specialisation, x.max_load, x.cost,
                  x.region, x.pure);
}

auto parts_of(const services::error_lines_limits& x) {
  return std::tie(x.line_bytes_max, x.lines_per_second, x.lines_burst,
                  x.tail_bytes_max, x.last_lines_max);
}

/// Without the grace, which is the node's.
bool same(const agent_config& a, const agent_config& b) {
  auto rest = [](const agent_config& x) {
    return std::tie(x.kind, x.program, x.limits.output_bytes_max, x.answers,
                    x.protocol, x.capabilities_named, x.time_max, x.library,
                    x.agent, x.on_demand, x.idle, x.http);
  };
  return parts_of(a.who) == parts_of(b.who)
         && parts_of(a.limits.errors) == parts_of(b.limits.errors)
         && rest(a) == rest(b);
}

const agent_config* find(const std::vector<agent_config>& all,
                         const std::string& name) {
  auto pos = std::find_if(all.begin(), all.end(),
                          [&](const auto& x) { return x.who.name == name; });
  return pos == all.end() ? nullptr : &*pos;
}

/// What holds from a reload on.
bool holds_at_once(std::string_view path) {
  return path == "agents" || path.starts_with("agents.")
         || path.starts_with("auth.");
}

/// All others, by path.
std::map<std::string, std::string> other_settings(const loaded_config& of) {
  std::map<std::string, std::string> out;
  for (auto& x : shown_settings(of))
    if (!holds_at_once(x.path))
      out.emplace(std::move(x.path), std::move(x.value));
  return out;
}

std::vector<std::string> differing(const loaded_config& was,
                                   const loaded_config& now) {
  auto before = other_settings(was);
  auto after = other_settings(now);
  std::vector<std::string> out;
  for (const auto& [path, value] : before)
    if (auto pos = after.find(path); pos == after.end() || pos->second != value)
      out.push_back(path);
  for (const auto& [path, value] : after)
    if (!before.contains(path))
      out.push_back(path);
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace

config_change compare(const loaded_config& was, const loaded_config& now) {
  config_change out;
  const auto& before = was.value->agents;
  const auto& after = now.value->agents;
  for (const auto& x : after) {
    const auto* old = find(before, x.who.name);
    if (old != nullptr && same(*old, x))
      continue;
    (old ? out.changed : out.added).push_back(x.who.name);
    if (x.on_demand > 0)
      continue;
    out.put.push_back(x);
    out.put.back().limits.grace = was.value->node.cancel_grace;
  }
  for (const auto& x : before) {
    const auto* now_is = find(after, x.who.name);
    if (now_is == nullptr)
      out.removed.push_back(x.who.name);
    if (now_is != nullptr && same(x, *now_is))
      continue;
    if (x.on_demand > 0)
      out.outdated.push_back(x.who.name);
    else if (now_is == nullptr || now_is->on_demand > 0)
      out.leave.push_back(x.who.name);
  }
  out.needs_restart = differing(was, now);
  return out;
}

} // namespace troupe::runtime
