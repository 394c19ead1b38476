#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/allocator.hpp"

// What the tests of allocation play with: agents, tasks, limits, dice.

namespace test::allocation {

using namespace troupe;
using namespace troupe::core;

inline constexpr instant t0 = instant{std::chrono::seconds{1'700'000'000}};

inline id task_id(uint32_t n) {
  return id::make(t0, 7, n >> 20).with(n & 0xfffff);
}

inline profile an_agent(std::string name, std::vector<std::string> capabilities,
                        uint32_t max_load = 3) {
  profile x;
  x.name = std::move(name);
  x.capabilities = std::move(capabilities);
  x.max_load = max_load;
  return x;
}

inline std::shared_ptr<needs> need(std::vector<std::string> capabilities,
                                   std::string type = "build") {
  auto x = std::make_shared<needs>();
  x->capabilities = std::move(capabilities);
  x->type = std::move(type);
  return x;
}

inline ready a_task(uint32_t n, std::shared_ptr<const needs> what,
                    std::string workspace = "home") {
  ready x;
  x.task = task_id(n);
  x.need = std::move(what);
  x.workspace = text{std::move(workspace)};
  x.queued_at = t0 + duration{n};
  return x;
}

inline void offer(allocator& to, const ready& x) {
  to.offer({&x, 1});
}

/// The agent that gets the only decision; empty: there was none.
inline std::string decide_one(allocator& by, instant now = t0) {
  auto made = by.decide(now, 1);
  return made.empty() ? "" : made.front().agent.str();
}

/// Limits as simple as can be: concurrency keys, the resource "gpu" (4 of
/// them), and one start per second for each rate key.
class plain_permits : public permit_source {
public:
  std::optional<permit_refusal> take(id task, const permit_request& what,
                                     instant now) override {
    if (auto x = refusal(what, now))
      return x;
    grant(task, what, now);
    return std::nullopt;
  }

  void restore(id task, const permit_request& what) override {
    grant(task, what, no_instant);
  }

  std::vector<std::string> release(id task) override {
    std::vector<std::string> keys;
    for (const auto& [key, n] : held_[task]) {
      used[key] -= n;
      keys.push_back(key);
    }
    held_.erase(task);
    return keys;
  }

  std::optional<permit_refusal> refusal(const permit_request& what,
                                        instant now) const {
    for (const auto& [key, n] : wanted(what)) {
      auto most = key == "gpu" ? gpus : what.need.concurrency_limit;
      auto pos = used.find(key);
      if ((pos == used.end() ? 0 : pos->second) + n > most)
        return permit_refusal{key, "full", no_instant};
    }
    auto pos = next_start.find(what.need.rate_key);
    if (what.need.rate_per_second > 0 && pos != next_start.end()
        && pos->second > now)
      return permit_refusal{what.need.rate_key, "empty", pos->second};
    return std::nullopt;
  }

  static constexpr uint32_t gpus = 4;
  std::map<std::string, uint32_t> used;
  std::map<std::string, instant> next_start;

private:
  static std::map<std::string, uint32_t> wanted(const permit_request& what) {
    std::map<std::string, uint32_t> all;
    if (!what.concurrency_key.empty())
      all["key:" + std::string{what.concurrency_key}] = 1;
    for (const auto& [name, n] : what.need.resources)
      all[name] = static_cast<uint32_t>(n);
    return all;
  }

  void grant(id task, const permit_request& what, instant now) {
    for (const auto& [key, n] : wanted(what))
      used[key] += n;
    held_[task] = wanted(what);
    if (what.need.rate_per_second > 0)
      next_start[what.need.rate_key] = now + std::chrono::seconds{1};
  }

  std::map<id, std::map<std::string, uint32_t>> held_;
};

/// The same numbers on every machine.
class dice {
public:
  explicit dice(uint64_t seed) : state_(seed * 2 + 1) {}

  uint32_t roll(uint32_t n) {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<uint32_t>((state_ >> 33) % n);
  }

private:
  uint64_t state_;
};

} // namespace test::allocation
