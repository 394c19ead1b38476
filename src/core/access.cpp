#include "core/access.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::core {

namespace {

constexpr std::array<std::pair<std::string_view, role>, 4> words{{
  {"viewer", role::viewer},
  {"operator", role::operator_},
  {"approver", role::approver},
  {"admin", role::admin},
}};

constexpr uint8_t bit(role x) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(x));
}

struct line {
  std::string_view op;
  need what;
};

constexpr need looks{role::viewer, reach::workspace};
constexpr need works{role::operator_, reach::workspace};
constexpr need answers{role::approver, reach::workspace};
constexpr need looks_at_node{role::viewer, reach::node};
constexpr need changes_node{role::admin, reach::node};

constexpr line table[] = {
  // -- looks; `plan` stores nothing
  {"run", looks},
  {"runs", looks},
  {"task", looks},
  {"tasks", looks},
  {"logs", looks},
  {"why", looks},
  {"history", looks},
  {"approvals", looks},
  {"agents", looks},
  {"status", looks},
  {"watch", looks},
  {"queue_status", looks},
  {"queue_metrics", looks},
  {"plan", looks},
  {"workflow", looks},
  {"workflows", looks},
  {"diff", looks},
  {"audit", looks},
  {"request_status", looks},
  {"state", looks},
  {"report", looks},
  {"decision", looks},
  // -- works
  {"submit", works},
  {"request", works},
  {"register", works},
  {"cancel", works},
  {"pause", works},
  {"resume", works},
  {"retry", works},
  {"signal", works},
  {"callback", works},
  {"release", works},
  {"hold", works},
  {"queue_strategy", works},
  {"queue_decompose", works},
  {"queue_execute", works},
  {"queue_cancel", works},
  {"queue_retry", works},
  // -- answers
  {"approve", answers},
  {"reject", answers},
  // -- the node; its tree shows the runs of all workspaces, as its metrics do
  {"tree", looks_at_node},
  {"metrics", looks_at_node},
  {"webhooks", looks_at_node},
  {"dead_letters", looks_at_node},
  // It reads the history of all workspaces, and all of it.
  {"audit_check", changes_node},
  {"redeliver", changes_node},
  {"drain", changes_node},
  {"reload", changes_node},
  {"backup", changes_node},
};

const line* find(std::string_view op) {
  const auto* pos = std::find_if(std::begin(table), std::end(table),
                                 [&](const auto& x) { return x.op == op; });
  return pos == std::end(table) ? nullptr : pos;
}

} // namespace

std::string_view word_of(role x) {
  return words[static_cast<size_t>(x)].first;
}

std::optional<role> role_from(std::string_view word) {
  for (const auto& [name, meaning] : words)
    if (name == word)
      return meaning;
  return std::nullopt;
}

void role_set::add(role x) {
  bits_ |= bit(x);
}

bool role_set::allows(role least) const {
  auto all = bits_;
  if ((all & bit(role::admin)) != 0)
    return true;
  if (least == role::viewer)
    return all != 0;
  return (all & bit(least)) != 0;
}

bool caller::is(role least, std::string_view workspace) const {
  auto in = [&](std::string_view name) {
    auto pos = workspaces.find(name);
    return pos != workspaces.end() && pos->second.allows(least);
  };
  return in(workspace) || in(every_workspace);
}

caller owner() {
  caller out;
  out.principal = local_principal;
  out.workspaces.emplace(every_workspace, role::admin);
  return out;
}

need need_of(std::string_view op) {
  const auto* found = find(op);
  return found ? found->what : need{};
}

bool has_need(std::string_view op) {
  return find(op) != nullptr;
}

std::optional<std::string> deny(const caller& who, std::string_view op,
                                std::string_view workspace) {
  auto what = need_of(op);
  auto node = what.where == reach::node;
  // `*` is no workspace that a request could name: it would be everybody's.
  if (who.is(what.least, node ? every_workspace : workspace)
      && workspace != every_workspace)
    return std::nullopt;
  auto needed = "`" + std::string{op} + "` needs the role "
                + std::string{word_of(what.least)};
  if (node)
    return needed + " in all workspaces (`*`), for it is about the node";
  return needed + " in the workspace that is asked for";
}

} // namespace troupe::core
