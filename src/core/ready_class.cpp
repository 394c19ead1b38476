#include "core/ready_class.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

#include "core/mutant.hpp"

namespace troupe::core {

namespace {

/// Objects of needs that are recognised without a look at their content.
constexpr size_t seen_max = 65'536;

void put(std::string& to, std::string_view word) {
  to += std::to_string(word.size());
  to += ':';
  to += word;
}

void put(std::string& to, const std::vector<std::string>& words) {
  to += std::to_string(words.size());
  to += '#';
  for (const auto& x : words)
    put(to, x);
}

bool asks_for_permits(const ready& x) {
  const auto& need = *x.need;
  return !x.concurrency_key.empty() || need.exclusive
         || need.rate_per_second > 0 || !need.resources.empty();
}

/// Everything but the concurrency key, which is resolved for each task.
std::string content_of(const needs& need) {
  auto all = lineup_key(need);
  put(all, need.rate_key);
  for (double x : {need.exclusive ? 1.0 : 0.0, double(need.concurrency_limit),
                   need.rate_per_second, double(need.rate_burst)})
    put(all, {reinterpret_cast<const char*>(&x), sizeof x});
  for (const auto& [name, amount] : need.resources) {
    put(all, name);
    put(all, {reinterpret_cast<const char*>(&amount), sizeof amount});
  }
  return all;
}

} // namespace

std::string lineup_key(const needs& need) {
  std::string key;
  put(key, need.capabilities);
  put(key, need.preferred);
  put(key, need.agent);
  put(key, need.type);
  key += need.partial ? '1' : '0';
  return key;
}

int64_t rank_of(instant queued_at, uint8_t priority, duration ageing_step) {
  if (mutated(mutant::ageing_off))
    return -int64_t{priority};
  return to_us(queued_at) - int64_t{priority} * ageing_step.count();
}

struct ready_queue::order {
  const id_table<queued_task>& tasks;

  bool before(const queued_place& a, const queued_place& b) const {
    if (a.rank != b.rank)
      return a.rank < b.rank;
    return tasks[a.row].task < tasks[b.row].task;
  }

  void moved(const queued_place&, uint32_t) const {}
};

size_t ready_queue::class_key_hash::operator()(const class_key& x) const {
  std::hash<std::string> hash;
  auto h = hash(x.workspace) * 31 + x.shape;
  return h * 31 + hash(x.concurrency_key);
}

uint32_t ready_queue::class_for(const ready& x) {
  auto kind = shape_of(x.need);
  class_key key{kind, x.workspace.str(), x.concurrency_key.str()};
  auto pos = by_key_.find(key);
  if (pos != by_key_.end())
    return pos->second;
  uint32_t at = static_cast<uint32_t>(classes_.size());
  if (free_classes_.empty()) {
    classes_.emplace_back();
  } else {
    at = free_classes_.back();
    free_classes_.pop_back();
  }
  auto& made = classes_[at];
  made.workspace = x.workspace;
  made.need = x.need;
  made.concurrency_key = x.concurrency_key;
  made.limited = asks_for_permits(x);
  made.shape = kind;
  made.serial = ++serial_;
  ++shapes_[kind].users;
  by_key_.emplace(std::move(key), at);
  rest(at);
  return at;
}

void ready_queue::remove_class(uint32_t at) {
  auto& old = classes_[at];
  assert(old.tasks.empty());
  by_key_.erase({old.shape, old.workspace.str(), old.concurrency_key.str()});
  auto kind = old.shape;
  old = {};
  leave_shape(kind);
  free_classes_.push_back(at);
}

std::optional<uint32_t> ready_queue::take_idle() {
  while (idle_.size() > opts_.idle_classes_max) {
    auto [at, since] = idle_.front();
    idle_.pop_front();
    auto& x = classes_[at];
    x.listed = false;
    if (x.idle_since == since)
      return at;
    if (x.tasks.empty())
      list(at); // It was used in between: another round.
  }
  return std::nullopt;
}

void ready_queue::push(uint32_t at, const ready& x) {
  queued_task row;
  row.task = x.task;
  row.owner = at;
  row.attempt = std::min(x.attempt, (1u << 26) - 1) & ((1u << 26) - 1);
  row.priority = x.priority & 0xf;
  row.careful = x.careful;
  auto rank = rank_of(x.queued_at, x.priority, opts_.ageing_step);
  auto& owner = classes_[at];
  owner.idle_since = 0;
  owner.tasks.push({rank, tasks_.insert(row)}, order{tasks_});
}

instant ready_queue::head_queued_at(uint32_t at) const {
  return from_us(head_rank(at)
                 + int64_t{head(at).priority} * opts_.ageing_step.count());
}

queued_task ready_queue::pop(uint32_t at) {
  auto row = classes_[at].tasks.top().row;
  auto found = tasks_[row];
  tasks_.forget(row);
  tasks_.free(row);
  classes_[at].tasks.erase(0, order{tasks_});
  drop_gone(at);
  return found;
}

void ready_queue::withdraw(uint32_t row) {
  auto at = tasks_[row].owner;
  auto& owner = classes_[at];
  tasks_.forget(row);
  tasks_[row].gone = 1;
  ++owner.gone;
  // Each sweep is paid for by as many withdrawals as it looks at.
  if (owner.gone > 32 && owner.gone > owner.tasks.size() / 2) {
    owner.tasks.filter(order{tasks_}, [&](const queued_place& x) {
      if (!tasks_[x.row].gone)
        return true;
      tasks_.free(x.row);
      return false;
    });
    owner.gone = 0;
  }
  drop_gone(at);
}

/// Keeps a task that is still there on top.
void ready_queue::drop_gone(uint32_t at) {
  auto& owner = classes_[at];
  while (!owner.tasks.empty() && tasks_[owner.tasks.top().row].gone) {
    tasks_.free(owner.tasks.top().row);
    owner.tasks.erase(0, order{tasks_});
    --owner.gone;
  }
  if (owner.tasks.empty())
    rest(at);
}

void ready_queue::rest(uint32_t at) {
  classes_[at].idle_since = ++serial_;
  if (!classes_[at].listed)
    list(at);
}

void ready_queue::list(uint32_t at) {
  classes_[at].listed = true;
  idle_.emplace_back(at, classes_[at].idle_since);
}

uint64_t ready_queue::ahead_of(uint32_t row) const {
  const auto& heap = classes_[tasks_[row].owner].tasks;
  order by{tasks_};
  std::optional<queued_place> own;
  for (uint32_t i = 0; i < heap.size() && !own; ++i)
    if (heap.at(i).row == row)
      own = heap.at(i);
  uint64_t n = 0;
  for (uint32_t i = 0; i < heap.size(); ++i)
    n += by.before(heap.at(i), *own) && !tasks_[heap.at(i).row].gone;
  return n;
}

size_t ready_queue::bytes() const {
  auto n = tasks_.bytes();
  for (const auto& x : classes_)
    n += x.tasks.capacity() * sizeof(queued_place);
  return n;
}

uint32_t ready_queue::shape_of(const std::shared_ptr<const needs>& need) {
  auto pos = seen_.find(need.get());
  if (pos != seen_.end())
    return pos->second.second;
  auto content = content_of(*need);
  auto known = shape_by_content_.find(content);
  if (known != shape_by_content_.end()) {
    remember(need, known->second);
    return known->second;
  }
  uint32_t at = static_cast<uint32_t>(shapes_.size());
  if (free_shapes_.empty()) {
    shapes_.emplace_back();
  } else {
    at = free_shapes_.back();
    free_shapes_.pop_back();
  }
  shapes_[at].content = content;
  shape_by_content_.emplace(std::move(content), at);
  remember(need, at);
  return at;
}

void ready_queue::remember(const std::shared_ptr<const needs>& need,
                           uint32_t at) {
  if (seen_.size() >= seen_max) {
    seen_.clear();
    for (auto& x : shapes_)
      x.seen.clear();
  }
  seen_.emplace(need.get(), std::pair{need, at});
  shapes_[at].seen.push_back(need.get());
}

void ready_queue::leave_shape(uint32_t at) {
  auto& kind = shapes_[at];
  if (--kind.users > 0)
    return;
  for (const auto* need : kind.seen)
    seen_.erase(need);
  shape_by_content_.erase(kind.content);
  kind = {};
  free_shapes_.push_back(at);
}

} // namespace troupe::core
