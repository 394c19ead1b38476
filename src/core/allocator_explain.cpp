#include "core/allocator.hpp"

// The questions: why a task waits, what is asked for, what nobody can do.

namespace troupe::core {

namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& x : words)
    all += (all.empty() ? "`" : ", `") + x + "`";
  return all;
}

std::string n_of(uint64_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string{what} + (n == 1 ? "" : "s");
}

explanation because(obstacle what, std::string text, std::string key = {}) {
  explanation x;
  x.what = what;
  x.text = std::move(text);
  x.key = std::move(key);
  return x;
}

} // namespace

std::optional<explanation> allocator::why(id task, instant now) const {
  if (auto row = assigned_.find(task); row != nowhere) {
    auto name = ensemble_.name(assigned_[row].agent).str();
    return because(obstacle::assigned, "It was given to agent `" + name + "`.",
                   name);
  }
  auto row = queue_.find(task);
  if (row == nowhere)
    return std::nullopt;
  const auto& owner = queue_[queue_.task(row).owner];
  auto ahead = queue_.ahead_of(row);
  auto found = why_unfree(owner);
  if (found.what == obstacle::none && owner.blocked
      && (owner.blocked->until == no_instant || now < owner.blocked->until))
    found = why_blocked(owner);
  auto ws = board_.workspace_of(owner.lane);
  if (found.what == obstacle::none && board_.capped(ws)) {
    auto cap = n_of(board_.share_of(ws).cap, "task");
    found = because(obstacle::workspace_cap,
                    "Workspace `" + owner.workspace.str() + "` has its most, "
                      + cap + ", in progress.",
                    owner.workspace.str());
  }
  if (found.what == obstacle::none && ahead > 0)
    found = because(obstacle::queue, n_of(ahead, "task")
                                       + " of its kind, older or of higher "
                                         "priority, go first.");
  if (found.what == obstacle::none)
    found = because(obstacle::share,
                    "An agent is free; it is its turn as soon as work with a "
                    "better claim (share, priority, age) has been served.");
  found.position = ahead;
  return found;
}

explanation allocator::why_unfree(const ready_class& x) const {
  const auto& members = ensemble_.members(x.line);
  if (members.empty())
    return why_nobody(x);
  uint64_t healthy = 0;
  for (const auto& y : members) {
    if (ensemble_.now(y.agent).free())
      return {};
    healthy += ensemble_.now(y.agent).healthy;
  }
  if (healthy == 0)
    return because(obstacle::no_healthy,
                   "All " + n_of(members.size(), "agent")
                     + " that could do it are draining or disabled; see "
                       "`troupe agents`.");
  return because(obstacle::all_busy, "All agents that could do it are full ("
                                       + std::to_string(healthy) + " of "
                                       + std::to_string(healthy) + " busy).");
}

explanation allocator::why_nobody(const ready_class& x) const {
  const auto& need = *x.need;
  if (!need.agent.empty() && ensemble_.find(need.agent) == nowhere)
    return because(obstacle::no_agent,
                   "It is pinned to agent `" + need.agent
                     + "`, which is not there; start it or change the pin.",
                   need.agent);
  std::vector<std::string> missing;
  for (const auto& word : need.capabilities)
    if (!ensemble_.anyone_has(word))
      missing.push_back(word);
  if (!missing.empty())
    return because(obstacle::no_agent,
                   "No agent has capability " + listed(missing)
                     + "; add one that does.",
                   missing.front());
  if (need.capabilities.empty())
    return because(obstacle::no_agent, "There is no agent at all; add one.");
  if (!need.agent.empty())
    return because(obstacle::no_agent,
                   "It is pinned to agent `" + need.agent
                     + "`, which lacks some of " + listed(need.capabilities)
                     + ".",
                   need.agent);
  return because(obstacle::no_agent, "No single agent has all of "
                                       + listed(need.capabilities)
                                       + "; add one, or allow `partial`.");
}

explanation allocator::why_blocked(const ready_class& x) const {
  const auto& limit = *x.blocked;
  auto found = because(
    obstacle::limit,
    "Limit `" + limit.key + "` has no room: " + limit.state + ".", limit.key);
  if (limit.until != no_instant) {
    found.what = obstacle::rate;
    found.until = limit.until;
    found.text = "Limit `" + limit.key + "` has room again at "
                 + to_rfc3339(limit.until) + ": " + limit.state + ".";
  }
  return found;
}

std::vector<class_demand> allocator::demand() const {
  std::vector<class_demand> all;
  for (uint32_t i = 0; i < queue_.classes(); ++i)
    if (queue_[i].queued() > 0)
      all.push_back(demand_of(i));
  return all;
}

std::vector<std::shared_ptr<const needs>> allocator::unserved() const {
  std::vector<std::shared_ptr<const needs>> all;
  for (uint32_t i = 0; i < queue_.classes(); ++i) {
    const auto& x = queue_[i];
    if (x.queued() > 0 && !x.blocked
        && (x.line == nowhere || !ensemble_.has_free(x.line)))
      all.push_back(x.need);
  }
  return all;
}

std::string allocator::why_never(const ready_class& x) const {
  if (!possible(x))
    return why_nobody(x).text;
  if (permits_ == nullptr || !x.limited)
    return {};
  auto limit =
    permits_->never({x.workspace.view(), *x.need, x.concurrency_key.view()});
  return limit ? "Limit `" + limit->key + "`: " + limit->state + "."
               : std::string{};
}

std::vector<class_demand> allocator::starved(instant now) {
  std::vector<class_demand> all;
  for (uint32_t i = 0; i < queue_.classes(); ++i) {
    auto& x = queue_[i];
    auto why = x.queued() == 0 ? std::string{} : why_never(x);
    if (why.empty()) {
      x.reported = false;
    } else if (!x.reported
               && now - queue_.head_queued_at(i) >= opts_.starved_after) {
      x.reported = true;
      all.push_back(demand_of(i));
      all.back().never = std::move(why);
    }
  }
  return all;
}

class_demand allocator::demand_of(uint32_t owner) const {
  const auto& x = queue_[owner];
  return {x.workspace, x.need,      x.concurrency_key,
          x.queued(),  possible(x), queue_.head_queued_at(owner)};
}

bool allocator::possible(const ready_class& x) const {
  return x.line != nowhere && !ensemble_.members(x.line).empty();
}

} // namespace troupe::core
