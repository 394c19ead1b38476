#include "core/model.hpp"

#include <array>

namespace troupe::core {

namespace {

constexpr std::array<std::string_view, task_states> task_names{
  "waiting", "queued",       "in_progress",       "completed",
  "failed",  "cancelled",    "awaiting_approval", "retrying",
  "paused",  "compensating", "rolled_back",       "skipped"};

constexpr std::array<std::string_view, 7> run_names{
  "queued",    "running", "paused",   "cancelling",
  "completed", "failed",  "cancelled"};

template <class State, size_t N>
std::optional<State> find(const std::array<std::string_view, N>& names,
                          std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name)
      return static_cast<State>(i);
  return std::nullopt;
}

/// Not yet ended and not being undone: what most events need.
bool open(task_state x) {
  return !terminal(x) && x != task_state::compensating;
}

std::optional<task_state> when(bool allowed, task_state to) {
  return allowed ? std::optional{to} : std::nullopt;
}

} // namespace

std::string_view to_string(task_state x) {
  return task_names.at(static_cast<size_t>(x));
}

std::optional<task_state> task_state_from(std::string_view name) {
  return find<task_state>(task_names, name);
}

std::optional<task_state> next(task_state from, task_event event) {
  using enum task_state;
  switch (event) { // No default: -Wswitch finds the event you forgot.
    case task_event::ready:
      return when(from == waiting || from == retrying, queued);
    case task_event::ask:
      return when(from == waiting || from == queued || from == retrying,
                  awaiting_approval);
    case task_event::approve:
      return when(from == awaiting_approval, queued);
    case task_event::start:
      return when(from == queued, in_progress);
    case task_event::complete:
      return when(from == in_progress, completed);
    case task_event::fail:
      return when(open(from), failed);
    case task_event::backoff:
      return when(from == in_progress || from == queued, retrying);
    case task_event::release:
      return when(from == in_progress, queued);
    case task_event::pause:
      return when(from == queued, paused);
    case task_event::resume:
      return when(from == paused, queued);
    case task_event::cancel:
      return when(open(from), cancelled);
    case task_event::skip:
      return when(from == waiting, skipped);
    case task_event::retry:
      if (from == skipped)
        return waiting;
      return when(from == failed, queued);
    case task_event::compensate:
      return when(from == completed, compensating);
    case task_event::undone:
      return when(from == compensating, rolled_back);
  }
  return std::nullopt;
}

std::string_view to_string(run_state x) {
  return run_names.at(static_cast<size_t>(x));
}

std::optional<run_state> run_state_from(std::string_view name) {
  return find<run_state>(run_names, name);
}

} // namespace troupe::core
