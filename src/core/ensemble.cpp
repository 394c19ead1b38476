#include "core/ensemble.hpp"

#include <bit>

namespace troupe::core {

namespace {

/// Lower cost first, then our region. The bits of a float that is not negative
/// sort like the number; its last bit makes room for the region.
uint32_t tie_of(const profile& who, const std::string& region) {
  auto cost = who.cost > 0 ? static_cast<float>(who.cost) : 0.0f;
  return (std::bit_cast<uint32_t>(cost) & ~1u) | uint32_t{who.region != region};
}

/// `deploy.k8s` is also `deploy`.
std::vector<std::string> with_parents(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const auto& word : words) {
    all.push_back(word);
    for (auto dot = word.find('.'); dot != word.npos;
         dot = word.find('.', dot + 1))
      all.push_back(word.substr(0, dot));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

} // namespace

ensemble::ensemble(allocation_options opts) : opts_(std::move(opts)) {}

bool ensemble::can(const profile& who, const needs& need) {
  card x;
  x.who = who;
  x.words = with_parents(who.capabilities);
  return can(x, need);
}

// -- agents

uint32_t ensemble::up(const profile& who, uint32_t load) {
  auto agent = find(who.name);
  if (agent == nowhere)
    agent = make_agent(who);
  else
    leave(agent);
  auto& card = cards_[agent];
  card.who = who;
  card.words = with_parents(who.capabilities);
  auto& pulse = all_.pulses[agent];
  pulse.tie = tie_of(who, opts_.region);
  pulse.load_max = who.max_load;
  pulse.healthy = card.health == agent_health::healthy;
  beat(agent, load);
  join(agent);
  return agent;
}

void ensemble::down(uint32_t agent) {
  leave(agent);
  by_name_.erase(by_name_.find(all_.names[agent].view()));
  all_.pulses[agent] = {};
  all_.names[agent] = {};
  all_.seats[agent] = {};
  cards_[agent] = {};
  free_agents_.push_back(agent);
}

void ensemble::health(uint32_t agent, agent_health to) {
  cards_[agent].health = to;
  all_.pulses[agent].healthy = to == agent_health::healthy;
  settle(agent);
}

void ensemble::load(uint32_t agent, uint32_t to) {
  beat(agent, to);
  settle(agent);
}

void ensemble::performance(uint32_t agent, std::string_view type,
                           double value) {
  auto& card = cards_[agent];
  card.performance.insert_or_assign(std::string{type},
                                    std::clamp(value, 0.0, 1.0));
  ++all_.pulses[agent].version;
  for (auto& seat : all_.seats[agent]) {
    if (seat.line == nowhere || lines_[seat.line].need->type != type)
      continue;
    auto how = fit_of(card, *lines_[seat.line].need);
    lines_[seat.line].who.rebase(all_, seat, base_of(how), how);
  }
}

uint32_t ensemble::find(std::string_view name) const {
  auto pos = by_name_.find(name);
  return pos == by_name_.end() ? nowhere : pos->second;
}

void ensemble::take(uint32_t agent) {
  auto& x = all_.pulses[agent];
  x.last_used = ++uses_;
  beat(agent, x.load + 1);
  if (!x.free())
    settle(agent);
}

void ensemble::give(uint32_t agent) {
  auto load = all_.pulses[agent].load;
  beat(agent, load > 0 ? load - 1 : 0);
  settle(agent);
}

void ensemble::fetch(uint32_t agent) const {
  __builtin_prefetch(&all_.pulses[agent], 1);
  __builtin_prefetch(&all_.seats[agent]);
  __builtin_prefetch(&all_.names[agent]);
}

void ensemble::fetch_seats(uint32_t agent) const {
  const auto& seats = all_.seats[agent];
  constexpr size_t line = 64;
  constexpr size_t most = 4; // Of its cache lines; more would push others out.
  auto bytes = std::min(seats.size() * sizeof(seat), most * line);
  const auto* first = reinterpret_cast<const char*>(seats.data());
  for (size_t i = 0; i < bytes; i += line)
    __builtin_prefetch(first + i, 1);
  __builtin_prefetch(all_.names[agent].view().data(), 1);
}

uint32_t ensemble::make_agent(const profile& who) {
  uint32_t agent = static_cast<uint32_t>(cards_.size());
  if (free_agents_.empty()) {
    cards_.emplace_back();
    all_.pulses.emplace_back();
    all_.names.emplace_back();
    all_.seats.emplace_back();
  } else {
    agent = free_agents_.back();
    free_agents_.pop_back();
  }
  all_.names[agent] = text{who.name};
  by_name_.emplace(who.name, agent);
  return agent;
}

/// Enters an agent everywhere its profile says.
void ensemble::join(uint32_t agent) {
  std::vector<uint32_t> asked;
  for (const auto& term : terms(cards_[agent])) {
    auto& at = postings_[term];
    at.agents.insert(
      std::lower_bound(at.agents.begin(), at.agents.end(), agent), agent);
    asked.insert(asked.end(), at.lines.begin(), at.lines.end());
  }
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  for (auto line : asked)
    if (can(cards_[agent], *lines_[line].need))
      sit(agent, line);
  settle(agent);
}

void ensemble::leave(uint32_t agent) {
  auto seats = static_cast<uint32_t>(all_.seats[agent].size());
  for (uint32_t i = 0; i < seats; ++i)
    if (all_.seats[agent][i].line != nowhere)
      stand(agent, i);
  for (const auto& term : terms(cards_[agent])) {
    auto pos = postings_.find(term);
    std::erase(pos->second.agents, agent);
    if (pos->second.agents.empty() && pos->second.lines.empty())
      postings_.erase(pos);
  }
}

void ensemble::sit(uint32_t agent, uint32_t at) {
  auto& card = cards_[agent];
  auto& line = lines_[at];
  auto& seats = all_.seats[agent];
  auto how = fit_of(card, *line.need);
  uint32_t free = 0;
  while (free < seats.size() && seats[free].line != nowhere)
    ++free;
  if (free == seats.size())
    seats.emplace_back();
  seats[free] = {at, 0, base_of(how), -1, 0};
  line.who.add(all_, agent, free, how);
}

void ensemble::stand(uint32_t agent, uint32_t seat) {
  auto& own = all_.seats[agent][seat];
  lines_[own.line].who.remove(all_, own.member);
  changed.push_back(own.line);
  own = {};
}

void ensemble::beat(uint32_t agent, uint32_t load) {
  auto& x = all_.pulses[agent];
  x.load = load;
  x.load_points = to_points(opts_.weights.load * x.free_share());
}

/// Tells the lineups that the agent got better, or is not free any more.
void ensemble::settle(uint32_t agent) {
  auto free = all_.pulses[agent].free();
  for (auto& seat : all_.seats[agent]) {
    if (seat.line == nowhere)
      continue;
    auto& line = lines_[seat.line].who;
    if (free ? line.raise(all_, agent, seat) : line.withdraw(all_, seat))
      changed.push_back(seat.line);
  }
}

} // namespace troupe::core
