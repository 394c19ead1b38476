#include "core/window.hpp"

#include <algorithm>
#include <cassert>

namespace troupe::core {

lane_key lane_of(std::string_view workspace, const needs& need,
                 uint8_t priority) {
  lane_key key{workspace};
  key += '\t';
  key += static_cast<char>('0' + priority);
  key += need.agent;
  for (const auto& word : need.capabilities) {
    key += '\t';
    key += word;
  }
  if (!need.concurrency_key.empty() || !need.rate_key.empty()
      || !need.resources.empty()) {
    key += '\n' + need.concurrency_key + '\n' + need.rate_key;
    for (const auto& [name, amount] : need.resources)
      key += '\n' + name;
  }
  return key;
}

bool window::open(const lane& x) const {
  return x.live < opts_.lane_floor
         || (x.live < opts_.lane_max && live_ < opts_.ready_max);
}

bool window::room_for(const std::vector<lane_count>& lanes) const {
  return std::all_of(lanes.begin(), lanes.end(), [this](const auto& x) {
    auto pos = lanes_.find(x.lane);
    return pos == lanes_.end()
           || (pos->second.waiting.empty() && open(pos->second));
  });
}

void window::enter(const lane_key& lane, uint32_t n) {
  lanes_[lane].live += n;
  live_ += n;
}

void window::leave(const lane_key& lane, uint32_t n) {
  auto pos = lanes_.find(lane);
  assert(pos != lanes_.end() && pos->second.live >= n);
  pos->second.live -= n;
  live_ -= n;
  drop_if_idle(pos);
}

void window::park(id run, instant since, std::vector<lane_count> lanes) {
  for (const auto& x : lanes) {
    lanes_[x.lane].waiting.insert({since, run});
    parked_tasks_ += x.count;
  }
  runs_[run] = {since, std::move(lanes)};
}

bool window::forget(id run) {
  auto found = runs_.find(run);
  if (found == runs_.end())
    return false;
  for (const auto& x : found->second.lanes) {
    auto pos = lanes_.find(x.lane);
    pos->second.waiting.erase({found->second.since, run});
    parked_tasks_ -= x.count;
    drop_if_idle(pos);
  }
  runs_.erase(found);
  return true;
}

std::optional<id> window::next() {
  const lane* best = nullptr;
  // Lanes with a backlog are few (workspaces x kinds of work x priorities).
  for (const auto& [key, x] : lanes_)
    if (!x.waiting.empty() && open(x) && (!best || x.live < best->live))
      best = &x;
  if (best == nullptr)
    return std::nullopt;
  auto run = best->waiting.begin()->second;
  auto lanes = runs_.at(run).lanes;
  for (const auto& x : lanes)
    enter(x.lane, x.count);
  forget(run);
  coming_[run] = std::move(lanes);
  return run;
}

void window::arrived(id run) {
  auto pos = coming_.find(run);
  if (pos == coming_.end())
    return;
  for (const auto& x : pos->second)
    leave(x.lane, x.count);
  coming_.erase(pos);
}

bool window::has_work_of(std::string_view workspace) const {
  // Lanes are in the order of their names, which begin with the workspace.
  auto first = std::string{workspace} + '\t';
  auto pos = lanes_.lower_bound(first);
  return pos != lanes_.end() && pos->first.starts_with(first);
}

void window::drop_if_idle(std::map<lane_key, lane>::iterator pos) {
  if (pos->second.live == 0 && pos->second.waiting.empty())
    lanes_.erase(pos);
}

} // namespace troupe::core
