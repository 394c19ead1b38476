#include "agents/callback_board.hpp"

#include <array>
#include <random>
#include <utility>

#include "core/sha256.hpp"

namespace troupe::agents {

namespace {

std::string unguessable() {
  std::random_device source; // The system's, of getrandom.
  std::array<uint32_t, 8> numbers;
  for (auto& x : numbers)
    x = source();
  return core::to_hex(
    {reinterpret_cast<const char*>(numbers.data()), sizeof numbers});
}

} // namespace

std::string callback_board::put(taker then) {
  auto token = unguessable();
  std::lock_guard guard{mutex_};
  if (waiting_.size() >= waiting_max)
    return {};
  waiting_.emplace(token, std::move(then));
  return token;
}

void callback_board::remove(const std::string& token) {
  taker dropped; // Ends after the lock: it may own much.
  std::lock_guard guard{mutex_};
  if (auto pos = waiting_.find(token); pos != waiting_.end()) {
    dropped = std::move(pos->second);
    waiting_.erase(pos);
  }
}

bool callback_board::take(const std::string& token, outcome what) {
  taker then;
  {
    std::lock_guard guard{mutex_};
    auto pos = waiting_.find(token);
    if (pos == waiting_.end())
      return false;
    then = std::move(pos->second);
    waiting_.erase(pos);
  }
  then(std::move(what));
  return true;
}

} // namespace troupe::agents
