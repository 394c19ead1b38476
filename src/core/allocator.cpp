#include "core/allocator.hpp"

#include <algorithm>
#include <cassert>

namespace troupe::core {

allocator::allocator(allocation_options opts, permit_source* permits)
  : opts_(opts), permits_(permits), ensemble_(opts),
    board_(opts.share_credit_max), queue_(opts) {
  assert(check(opts).empty());
}

// -- agents

void allocator::agent_up(const profile& who, uint32_t load) {
  auto agent = ensemble_.up(who, load);
  if (agent >= held_.size())
    held_.resize(agent + 1);
  flush_changed();
}

void allocator::agent_anew(const profile& who,
                           std::span<const attempt_id> running, uint32_t load) {
  agent_up(who, load);
  auto rows =
    held_[ensemble_.find(who.name)]; // A copy: `release` changes the list.
  std::vector<uint32_t> kept;
  kept.reserve(running.size());
  for (const auto& x : running)
    kept.push_back(row_of(x));
  std::sort(kept.begin(), kept.end());
  for (auto row : rows)
    if (!std::binary_search(kept.begin(), kept.end(), row))
      release(row);
  flush_changed();
}

std::vector<id> allocator::agent_down(std::string_view name) {
  auto agent = ensemble_.find(name);
  if (agent == nowhere)
    return {};
  std::vector<id> lost;
  while (!held_[agent].empty()) {
    auto row = held_[agent].back();
    lost.push_back(assigned_[row].task);
    release(row);
  }
  ensemble_.down(agent);
  flush_changed();
  std::sort(lost.begin(), lost.end());
  return lost;
}

void allocator::agent_state(std::string_view name, agent_health to) {
  if (auto agent = ensemble_.find(name); agent != nowhere)
    ensemble_.health(agent, to);
  flush_changed();
}

void allocator::agent_load(std::string_view name, uint32_t load) {
  if (auto agent = ensemble_.find(name); agent != nowhere)
    ensemble_.load(agent, load);
  flush_changed();
}

size_t allocator::tasks_of(std::string_view name) const {
  auto agent = ensemble_.find(name);
  return agent == nowhere ? 0 : held_[agent].size();
}

void allocator::agent_ended(std::string_view name, uint32_t tasks) {
  if (auto agent = ensemble_.find(name); agent != nowhere)
    while (tasks-- > 0)
      ensemble_.give(agent);
  flush_changed();
}

void allocator::performance(std::string_view name, std::string_view type,
                            double value) {
  if (auto agent = ensemble_.find(name); agent != nowhere)
    ensemble_.performance(agent, type, value);
  flush_changed();
}

std::optional<uint32_t> allocator::number_of(std::string_view name) const {
  auto agent = ensemble_.find(name);
  return agent == nowhere ? std::nullopt : std::optional{agent};
}

void allocator::share(const text& workspace, workspace_share to) {
  assert(check(to).empty());
  board_.share(workspace, to);
}

// -- tasks

void allocator::offer(std::span<const ready> tasks) {
  for (const auto& x : tasks)
    offer_one(x);
  flush_changed();
  while (auto idle = queue_.take_idle())
    remove_class(*idle);
}

void allocator::offer_one(const ready& x) {
  if (auto row = assigned_.find(x.task); row != nowhere) {
    if (assigned_[row].attempt >= x.attempt)
      return;
    ensemble_.give(assigned_[row].agent);
    release(row);
  } else if (auto queued = queue_.find(x.task); queued != nowhere) {
    if (queue_.task(queued).attempt >= x.attempt)
      return;
    withdraw(x.task);
  }
  auto owner = class_for(x);
  queue_.push(owner, x);
  if (queue_.head(owner).task == x.task)
    head_changed(owner);
}

bool allocator::withdraw(id task) {
  auto row = queue_.find(task);
  if (row == nowhere)
    return false;
  auto owner = queue_.task(row).owner;
  queue_.withdraw(row);
  head_changed(owner);
  return true;
}

size_t allocator::freed(std::span<const attempt_id> attempts) {
  std::vector<uint32_t> rows;
  for (const auto& x : attempts)
    assigned_.fetch(x.task);
  for (const auto& x : attempts)
    if (auto row = row_of(x); row != nowhere)
      rows.push_back(row);
  // The same task twice: the second time it has no agent any more.
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  fetch(rows);
  for (auto row : rows) {
    ensemble_.give(assigned_[row].agent);
    release(row);
  }
  flush_changed();
  return rows.size();
}

/// With many agents, freeing one is a wait for memory in six places, one after
/// the other; asked for in time, those of many tasks come together.
void allocator::fetch(std::span<const uint32_t> rows) {
  for (auto row : rows)
    ensemble_.fetch(assigned_[row].agent);
  for (auto row : rows) {
    auto agent = assigned_[row].agent;
    ensemble_.fetch_seats(agent);
    __builtin_prefetch(held_[agent].data(), 1);
  }
}

bool allocator::restore_assigned(const ready& x, std::string_view name) {
  auto agent = ensemble_.find(name);
  if (agent == nowhere || assigned_.find(x.task) != nowhere
      || queue_.find(x.task) != nowhere)
    return false;
  const auto& owner = queue_[class_for(x)];
  auto ws = board_.workspace_of(owner.lane);
  if (permits_ != nullptr && owner.limited)
    permits_->restore(x.task, {owner.workspace.view(), *owner.need,
                               owner.concurrency_key.view()});
  board_.started(ws, false);
  hold({x.task, agent, ws, x.attempt, owner.limited});
  flush_changed();
  return true;
}

/// Its task may be assigned for a later attempt already: then this one has
/// none.
uint32_t allocator::row_of(const attempt_id& x) const {
  auto row = assigned_.find(x.task);
  return row != nowhere && assigned_[row].attempt == x.attempt ? row : nowhere;
}

text allocator::agent_of(const attempt_id& x) const {
  auto row = row_of(x);
  return row == nowhere ? text{} : ensemble_.name(assigned_[row].agent);
}

// -- decisions

std::vector<decision> allocator::decide(instant now, size_t max) {
  std::vector<decision> made;
  wake_timed(now);
  while (made.size() < max) {
    auto owner = board_.next();
    if (!owner)
      break;
    if (take_permits(*owner, now))
      made.push_back(assign(*owner));
  }
  return made;
}

std::optional<instant> allocator::wake_at() const {
  if (timed_.empty())
    return std::nullopt;
  return timed_.begin()->first;
}

/// Takes the head's permits, or puts the class aside until the event that can
/// help.
bool allocator::take_permits(uint32_t owner, instant now) {
  auto& x = queue_[owner];
  if (permits_ == nullptr || !x.limited)
    return true;
  auto refusal = permits_->take(
    queue_.head(owner).task,
    {x.workspace.view(), *x.need, x.concurrency_key.view()}, now);
  if (!refusal)
    return true;
  // A time that is not ahead would be looked at again at once, for ever.
  if (refusal->until != no_instant)
    refusal->until = std::max(refusal->until, now + duration{1});
  if (refusal->until != no_instant)
    timed_.emplace(refusal->until, stopped{owner, x.serial});
  else
    blocked_[refusal->key].push_back({owner, x.serial});
  x.blocked = std::move(refusal);
  board_.leave(x.lane, owner);
  return false;
}

void allocator::has_room(std::string_view key) {
  auto pos = blocked_.find(key);
  if (pos == blocked_.end())
    return;
  auto waiting = std::move(pos->second);
  blocked_.erase(pos);
  for (const auto& x : waiting)
    unblock(x);
}

void allocator::unblock(const stopped& x) {
  auto& owner = queue_[x.owner];
  if (owner.serial != x.serial || !owner.blocked)
    return;
  owner.blocked.reset();
  head_changed(x.owner);
}

void allocator::wake_timed(instant now) {
  while (!timed_.empty() && timed_.begin()->first <= now) {
    auto x = timed_.begin()->second;
    timed_.erase(timed_.begin());
    unblock(x);
  }
}

decision allocator::assign(uint32_t owner) {
  auto& from = queue_[owner];
  auto who = ensemble_.best(from.line);
  auto task = queue_.pop(owner);
  decision made;
  made.task = task.task;
  made.attempt = task.attempt;
  made.careful = task.careful != 0;
  made.agent = ensemble_.name(who.agent);
  made.number = who.agent;
  made.why = who.why;
  for (size_t i = 0; i < who.runners_up.size(); ++i)
    if (const auto& x = who.runners_up[i]; x.agent != nowhere)
      made.runners_up[i] = {ensemble_.name(x.agent), x.points / points_max};
  auto ws = board_.workspace_of(from.lane);
  ensemble_.take(who.agent);
  board_.started(ws, true);
  head_changed(owner);
  hold({task.task, who.agent, ws, task.attempt, from.limited});
  flush_changed();
  return made;
}

void allocator::hold(const assignment& x) {
  held_[x.agent].push_back(assigned_.insert(x));
}

/// Ends an assignment; its agent's load is the caller's.
void allocator::release(uint32_t row) {
  auto x = assigned_[row];
  auto& list = held_[x.agent]; // Short: at most the agent's load.
  *std::find(list.begin(), list.end(), row) = list.back();
  list.pop_back();
  assigned_.forget(row);
  assigned_.free(row);
  if (permits_ != nullptr && x.limited)
    for (const auto& key : permits_->release(x.task))
      has_room(key);
  // Last: it may be the end of the workspace.
  board_.ended(x.ws);
}

// -- classes

uint32_t allocator::class_for(const ready& x) {
  auto owner = queue_.class_for(x);
  auto& entry = queue_[owner];
  if (entry.lane != nowhere)
    return owner;
  entry.line = ensemble_.lineup_for(entry.need);
  entry.lane = board_.lane(board_.workspace(entry.workspace), entry.line);
  return owner;
}

void allocator::remove_class(uint32_t owner) {
  auto& entry = queue_[owner];
  board_.drop(entry.lane);
  ensemble_.drop(entry.line);
  queue_.remove_class(owner);
}

void allocator::head_changed(uint32_t owner) {
  auto& entry = queue_[owner];
  if (entry.tasks.empty())
    board_.leave(entry.lane, owner);
  else if (!entry.blocked)
    board_.stand(entry.lane, owner, queue_.head_rank(owner),
                 queue_.head(owner).task);
}

/// Lanes wait while their lineup has no free agent.
void allocator::flush_changed() {
  for (auto line : ensemble_.changed)
    if (ensemble_.has_free(line))
      board_.open(line);
    else
      board_.close(line);
  ensemble_.changed.clear();
}

} // namespace troupe::core
