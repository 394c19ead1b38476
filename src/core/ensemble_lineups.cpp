#include <algorithm>

#include "core/ensemble.hpp"
#include "core/ready_class.hpp"

// The half of the ensemble that answers who can do what.

namespace troupe::core {

namespace {

size_t matched(const std::vector<std::string>& words, const needs& need) {
  size_t n = 0;
  for (const auto& x : need.capabilities)
    n += std::binary_search(words.begin(), words.end(), x);
  return n;
}

} // namespace

uint32_t ensemble::lineup_for(const std::shared_ptr<const needs>& need) {
  auto key = lineup_key(*need);
  auto pos = line_by_key_.find(key);
  auto at =
    pos == line_by_key_.end() ? make_line(need, std::move(key)) : pos->second;
  ++lines_[at].users;
  return at;
}

void ensemble::drop(uint32_t at) {
  auto& line = lines_[at];
  if (--line.users > 0)
    return;
  for (const auto& x : line.who.members())
    all_.seats[x.agent][x.seat] = {};
  for (const auto& term : terms(*line.need)) {
    auto pos = postings_.find(term);
    std::erase(pos->second.lines, at);
    if (pos->second.agents.empty() && pos->second.lines.empty())
      postings_.erase(pos);
  }
  line_by_key_.erase(line.key);
  line = {};
  free_lines_.push_back(at);
}

uint32_t ensemble::make_line(const std::shared_ptr<const needs>& need,
                             std::string key) {
  uint32_t at = static_cast<uint32_t>(lines_.size());
  if (free_lines_.empty()) {
    lines_.emplace_back();
  } else {
    at = free_lines_.back();
    free_lines_.pop_back();
  }
  lines_[at].need = need;
  lines_[at].key = key;
  line_by_key_.emplace(std::move(key), at);
  for (const auto& term : terms(*need))
    postings_[term].lines.push_back(at);
  for (auto agent : matching(*need)) {
    sit(agent, at);
    auto& seat = all_.seats[agent][lines_[at].who.members().back().seat];
    if (all_.pulses[agent].free())
      lines_[at].who.raise(all_, agent, seat);
  }
  changed.push_back(at);
  return at;
}

ensemble::pick ensemble::best(uint32_t at) {
  auto& line = lines_[at].who;
  auto before = line.steps();
  auto first = line.best(all_);
  pick found;
  found.runners_up[0] = line.second(all_);
  if (found.runners_up[0].agent != nowhere)
    found.runners_up[1] = line.third(all_);
  const auto& x = line.members()[first];
  const auto& p = all_.pulses[x.agent];
  found.agent = x.agent;
  found.why = {x.how.capability, p.free_share(), x.how.performance,
               x.how.specialised ? 1.0 : 0.0,
               (all_.seats[x.agent][x.seat].base + p.load_points) / points_max};
  for (auto y : found.runners_up)
    if (y.agent != nowhere)
      __builtin_prefetch(&all_.names[y.agent]);
  steps_ += line.steps() - before;
  return found;
}

bool ensemble::anyone_can(const needs& need) const {
  auto pos = line_by_key_.find(lineup_key(need));
  if (pos != line_by_key_.end())
    return !members(pos->second).empty();
  return !matching(need).empty();
}

bool ensemble::anyone_has(const std::string& capability) const {
  auto pos = postings_.find(capability);
  return pos != postings_.end() && !pos->second.agents.empty();
}

/// Where a lineup is looked for: an agent that can do it has at least one of
/// these terms, and all of them unless a part will do.
std::vector<std::string> ensemble::terms(const needs& need) {
  if (!need.agent.empty())
    return {"@" + need.agent};
  if (need.capabilities.empty())
    return {"*"};
  return need.capabilities;
}

std::vector<std::string> ensemble::terms(const card& who) {
  auto all = who.words;
  all.push_back("@" + who.who.name);
  all.push_back("*");
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool ensemble::can(const card& who, const needs& need) {
  if (!need.agent.empty() && need.agent != who.who.name)
    return false;
  if (need.capabilities.empty())
    return true;
  auto n = matched(who.words, need);
  return need.partial ? n > 0 : n == need.capabilities.size();
}

std::vector<uint32_t> ensemble::matching(const needs& need) const {
  static const std::vector<uint32_t> nobody;
  std::vector<uint32_t> some;
  const std::vector<uint32_t>* fewest = nullptr;
  for (const auto& term : terms(need)) {
    auto pos = postings_.find(term);
    const auto& list = pos == postings_.end() ? nobody : pos->second.agents;
    if (need.partial)
      some.insert(some.end(), list.begin(), list.end());
    else if (fewest == nullptr || list.size() < fewest->size())
      fewest = &list;
  }
  if (fewest != nullptr)
    some = *fewest;
  std::sort(some.begin(), some.end());
  some.erase(std::unique(some.begin(), some.end()), some.end());
  std::erase_if(some, [&](auto x) { return !can(cards_[x], need); });
  return some;
}

fit ensemble::fit_of(const card& who, const needs& need) const {
  fit how;
  how.capability = 1;
  if (!need.capabilities.empty())
    how.capability = static_cast<double>(matched(who.words, need))
                     / static_cast<double>(need.capabilities.size());
  auto pos = who.performance.find(need.type);
  how.performance =
    pos == who.performance.end() ? opts_.performance_unknown : pos->second;
  how.specialised =
    !who.who.specialisation.empty()
    && std::binary_search(need.preferred.begin(), need.preferred.end(),
                          who.who.specialisation);
  return how;
}

int32_t ensemble::base_of(const fit& how) const {
  const auto& w = opts_.weights;
  return to_points(w.capability * how.capability
                   + w.performance * how.performance
                   + w.specialisation * (how.specialised ? 1 : 0));
}

} // namespace troupe::core
