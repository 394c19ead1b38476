#include "core/queue_words.hpp"

#include <algorithm>

namespace troupe::core {

namespace {

constexpr std::array<std::string_view, queue_states> state_names{
  "queued", "in_progress", "completed", "failed", "cancelled"};

constexpr std::string_view code_head = "TASK_";

errc errc_of(queue_error x) {
  switch (x) { // No default: -Wswitch finds the one you forgot.
    case queue_error::strategy_not_found:
    case queue_error::task_not_found:
      return errc::not_found;
    case queue_error::decomposition_failed:
    case queue_error::invalid_task_type:
      return errc::invalid;
    case queue_error::agent_not_available:
      return errc::no_agent;
    case queue_error::max_retries_exceeded:
      return errc::retries_exhausted;
    case queue_error::dependency_not_met:
      return errc::invalid_state;
    case queue_error::execution_timeout:
      return errc::timed_out;
  }
  return errc::internal;
}

} // namespace

std::string_view to_string(queue_state x) {
  return state_names.at(static_cast<size_t>(x));
}

std::optional<queue_state> queue_state_from(std::string_view name) {
  auto pos = std::find(state_names.begin(), state_names.end(), name);
  if (pos == state_names.end())
    return std::nullopt;
  return static_cast<queue_state>(pos - state_names.begin());
}

queue_state queue_state_of(task_state x) {
  switch (x) { // No default: -Wswitch finds the state you forgot.
    case task_state::waiting:
    case task_state::queued:
    case task_state::retrying:
    case task_state::paused:
    case task_state::awaiting_approval:
      return queue_state::queued;
    case task_state::in_progress:
    case task_state::compensating:
      return queue_state::in_progress;
    case task_state::completed:
      return queue_state::completed;
    case task_state::failed:
    case task_state::rolled_back:
      return queue_state::failed;
    case task_state::cancelled:
    case task_state::skipped:
      return queue_state::cancelled;
  }
  return queue_state::queued;
}

std::vector<task_state> states_of(queue_state x) {
  std::vector<task_state> all;
  for (uint32_t i = 0; i < task_states; ++i)
    if (queue_state_of(static_cast<task_state>(i)) == x)
      all.push_back(static_cast<task_state>(i));
  return all;
}

bool is_queue_task_type(std::string_view word) {
  return std::find(queue_task_types.begin(), queue_task_types.end(), word)
         != queue_task_types.end();
}

std::string code_of(queue_error x) {
  return std::string{code_head} + "00"
         + std::to_string(static_cast<unsigned>(x));
}

failure queue_failure(queue_error what, std::string message) {
  return {errc_of(what), category::validation,
          code_of(what) + ": " + std::move(message)};
}

queue_complaint queue_complaint_of(std::string_view errc_word,
                                   std::string_view message) {
  constexpr size_t code_size = code_head.size() + 3;
  if (message.starts_with(code_head) && message.size() > code_size + 2
      && message.substr(code_size, 2) == ": ")
    return {std::string{message.substr(0, code_size)},
            std::string{message.substr(code_size + 2)}};
  std::string code{errc_word};
  std::transform(code.begin(), code.end(), code.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return {std::move(code), std::string{message}};
}

} // namespace troupe::core
