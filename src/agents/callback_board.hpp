#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "troupe/agent.hpp"

namespace troupe::agents {

/// Attempts whose agent calls back when it is done. A token is for one attempt
/// and for one use; whoever has it may end the attempt, and nothing else.
/// Thread-safe.
class callback_board {
public:
  /// Beyond it nobody can wait for a callback.
  static constexpr size_t waiting_max = 100'000;

  using taker = std::function<void(outcome)>;

  /// A token that nobody can guess; empty: `waiting_max` is reached.
  std::string put(taker then);

  void remove(const std::string& token);

  /// Hands the outcome over. False: nobody waits for it (any more).
  bool take(const std::string& token, outcome what);

private:
  std::mutex mutex_;
  std::map<std::string, taker> waiting_;
};

} // namespace troupe::agents
