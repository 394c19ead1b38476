#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/id.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "core/workflow.hpp"

// The words of allocation: what asks for an agent, and what the answer is.

namespace troupe::core {

/// How much each part of a score counts. They sum to 1.
struct score_weights {
  double capability = 0.4;
  double load = 0.3;
  double performance = 0.2;
  double specialisation = 0.1;
  bool operator==(const score_weights&) const = default;
};

/// How agents are chosen. Valid as it stands.
struct allocation_options {
  // -- behaviour

  score_weights weights;

  /// What one step of priority is worth in waiting time: a task of priority 10
  /// goes before one of priority 1 that is less than nine steps older.
  duration ageing_step{std::chrono::seconds{60}};

  /// The success assumed of an agent without history for a type.
  double performance_unknown = 0.5;

  /// A queue without any possible agent is reported after this long.
  duration starved_after{std::chrono::seconds{60}};

  /// The node's region; agents of it win ties.
  std::string region;

  // -- limits

  /// How far a workspace may fall behind its share and catch up later, in
  /// tasks of weight 1.
  uint32_t share_credit_max = 64;

  /// Ready classes without tasks that are remembered, about 1 KiB each.
  size_t idle_classes_max = 4096;
};

/// Returns every problem at once, one sentence each; empty means valid.
std::vector<std::string> check(const allocation_options& opts);

/// A workspace's part of the agents.
struct workspace_share {
  double weight = 1; // 0.01 to 100.
  uint32_t cap = 0;  // Tasks in progress; 0: no bound.
  bool operator==(const workspace_share&) const = default;
};

/// Returns every problem at once, one sentence each; empty means valid.
std::vector<std::string> check(const workspace_share& share);

/// A task that could start now, if there were an agent.
struct ready {
  id task;
  uint32_t attempt = 1;
  std::shared_ptr<const needs> need; // REQUIRES: not null.
  text workspace;
  uint8_t priority = 5; // 1 to 10.
  instant queued_at;
  text concurrency_key; // Resolved; usually empty.
  bool careful = false; // Its start must be durable before the call.
};

enum class agent_health : uint8_t { healthy, draining, disabled };

/// The parts of a score, each 0..1 and before weighting, and their weighted
/// sum.
struct score {
  double capability = 0;
  double load = 0;
  double performance = 0;
  double specialisation = 0;
  double total = 0;
  bool operator==(const score&) const = default;
};

struct runner_up {
  text agent;
  double total = 0;
};

/// This task goes to this agent.
struct decision {
  id task;
  uint32_t attempt = 1;
  bool careful = false;
  text agent;
  uint32_t number = 0; // Of the agent: see `allocator::number_of`.
  score why;
  std::array<runner_up, 2> runners_up; // Best first; `agent` empty: none.
};

/// One attempt of a task: what is said of an earlier one does not count for a
/// later one.
struct attempt_id {
  id task;
  uint32_t attempt = 1;
};

/// What stops a task first.
enum class obstacle : uint8_t {
  none,          // Internal: nothing found yet.
  assigned,      // It has an agent.
  no_agent,      // Nobody has what it asks for.
  no_healthy,    // Those who have are draining or disabled.
  all_busy,      // Those who have are full.
  limit,         // A limit has no room.
  rate,          // A rate has no room before `until`.
  workspace_cap, // The workspace has its most tasks in progress.
  queue,         // Others of its class go first.
  share,         // Other work goes first: fair share, then rank.
};

struct explanation {
  obstacle what = obstacle::none;
  std::string text;      // A sentence for people.
  std::string key;       // The limit, the capability or the agent.
  instant until;         // For `rate`.
  uint64_t position = 0; // Tasks of its class that go first.
};

/// The queue of one ready class.
struct class_demand {
  text workspace;
  std::shared_ptr<const needs> need;
  text concurrency_key;
  uint64_t queued = 0;
  bool possible = false; // Some known agent could do it, free or not.
  instant head_queued_at;
  std::string never = {}; // Why it will never be done; only of starved ones.
};

} // namespace troupe::core
