#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "core/allocation_cast.hpp"

// Allocation as the specification says it, by looking at everything each time.

namespace test::allocation {

class reference {
public:
  struct member {
    profile who;
    uint32_t load = 0;
    bool healthy = true;
    uint64_t last_used = 0;
    std::map<std::string, double> performance;
  };

  struct choice {
    id task;
    std::string agent;
    std::string second;
    std::string third;
  };

  std::map<std::string, member> agents;
  std::map<id, ready> queued;
  std::map<id, std::pair<std::string, std::string>>
    running; // Agent, workspace.
  std::map<std::string, workspace_share> shares;

  void offer(const ready& x) {
    auto ws = x.workspace.str();
    if (waiting(ws) == 0)
      pass_[ws] = std::max(pass_[ws], now_);
    queued[x.task] = x;
  }

  std::optional<choice> decide() {
    const ready* first = nullptr;
    for (const auto& [key, x] : queued)
      if (servable(x) && (first == nullptr || turn(x) < turn(*first)))
        first = &x;
    if (first == nullptr)
      return std::nullopt;
    auto best = ranking(*first->need);
    choice made{first->task, best[0], best.size() > 1 ? best[1] : "",
                best.size() > 2 ? best[2] : ""};
    charge(first->workspace.str());
    running[made.task] = {made.agent, first->workspace.str()};
    queued.erase(made.task);
    auto& winner = agents[made.agent];
    ++winner.load;
    winner.last_used = ++uses_;
    return made;
  }

  void freed(id task) {
    auto& x = agents[running[task].first];
    x.load -= x.load > 0;
    running.erase(task);
  }

  bool servable(const ready& x) const {
    auto pos = shares.find(x.workspace.str());
    if (pos != shares.end() && pos->second.cap > 0
        && in_progress(x.workspace.str()) >= pos->second.cap)
      return false;
    return !ranking(*x.need).empty();
  }

  /// Free agents that can do it, best first.
  std::vector<std::string> ranking(const needs& what) const {
    std::vector<std::tuple<int64_t, double, bool, uint64_t, std::string>> all;
    for (const auto& [name, x] : agents)
      if (x.healthy && x.load < x.who.max_load && can(x.who, what))
        all.emplace_back(-points(x, what), x.who.cost, !x.who.region.empty(),
                         x.last_used, name);
    std::sort(all.begin(), all.end());
    std::vector<std::string> names;
    for (const auto& x : all)
      names.push_back(std::get<4>(x));
    return names;
  }

private:
  static bool serves(const profile& who, const std::string& word) {
    return std::any_of(
      who.capabilities.begin(), who.capabilities.end(),
      [&](const auto& x) { return x == word || x.rfind(word + ".", 0) == 0; });
  }

  static size_t matches(const profile& who, const needs& what) {
    return static_cast<size_t>(
      std::count_if(what.capabilities.begin(), what.capabilities.end(),
                    [&](const auto& x) { return serves(who, x); }));
  }

  static bool can(const profile& who, const needs& what) {
    if (!what.agent.empty() && what.agent != who.name)
      return false;
    auto n = matches(who, what);
    return what.capabilities.empty() || n == what.capabilities.size()
           || (what.partial && n > 0);
  }

  static int64_t points(const member& x, const needs& what) {
    auto count = what.capabilities.size();
    double match = count == 0 ? 1
                              : static_cast<double>(matches(x.who, what))
                                  / static_cast<double>(count);
    auto pos = x.performance.find(what.type);
    double done = pos == x.performance.end() ? 0.5 : pos->second;
    bool liked = std::count(what.preferred.begin(), what.preferred.end(),
                            x.who.specialisation)
                 > 0;
    double load = 1 - static_cast<double>(x.load) / x.who.max_load;
    return std::llround((0.4 * match + 0.2 * done + 0.1 * liked) * 1e9)
           + std::llround(0.3 * load * 1e9);
  }

  using turn_key = std::tuple<uint64_t, int64_t, id>;
  turn_key turn(const ready& x) const {
    return {pass_.at(x.workspace.str()),
            to_us(x.queued_at) - int64_t{x.priority} * 60'000'000, x.task};
  }

  void charge(const std::string& ws) {
    auto floor = now_ > credit ? now_ - credit : 0;
    now_ = std::max(now_, pass_[ws]);
    auto pos = shares.find(ws);
    auto weight = pos == shares.end() ? 1.0 : pos->second.weight;
    pass_[ws] = std::max(pass_[ws], floor)
                + static_cast<uint64_t>(std::llround(65536 / weight));
  }

  size_t waiting(const std::string& ws) const {
    return static_cast<size_t>(
      std::count_if(queued.begin(), queued.end(), [&](const auto& x) {
        return x.second.workspace.view() == ws;
      }));
  }

  size_t in_progress(const std::string& ws) const {
    return static_cast<size_t>(
      std::count_if(running.begin(), running.end(),
                    [&](const auto& x) { return x.second.second == ws; }));
  }

  static constexpr uint64_t credit = 64 * 65536;
  std::map<std::string, uint64_t> pass_;
  uint64_t now_ = 0;
  uint64_t uses_ = 0;
};

} // namespace test::allocation
