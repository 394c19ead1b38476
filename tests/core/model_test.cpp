#include <catch2/catch.hpp>

#include "core/model.hpp"

using namespace troupe::core;

TEST_CASE("every state's name reads back as the state", "[core]")
{
  for (uint32_t i = 0; i < task_states; ++i) {
    auto x = static_cast<task_state>(i);
    CHECK(task_state_from(to_string(x)) == x);
  }
  CHECK_FALSE(task_state_from("running"));
}

TEST_CASE("only retry and rollback lead out of a terminal state", "[core]")
{
  for (uint32_t i = 0; i < task_states; ++i) {
    auto from = static_cast<task_state>(i);
    if (!terminal(from))
      continue;
    for (int e = 0; e <= static_cast<int>(task_event::undone); ++e) {
      auto event = static_cast<task_event>(e);
      auto allowed =
        (event == task_event::retry
         && (from == task_state::failed || from == task_state::skipped))
        || (event == task_event::compensate && from == task_state::completed);
      CHECK(next(from, event).has_value() == allowed);
    }
  }
}

TEST_CASE("a task goes from waiting to completed", "[core]")
{
  auto x = next(task_state::waiting, task_event::ready);
  CHECK(x == task_state::queued);
  x = next(*x, task_event::start);
  CHECK(x == task_state::in_progress);
  CHECK(next(*x, task_event::complete) == task_state::completed);
  CHECK_FALSE(next(task_state::queued, task_event::complete));
}
