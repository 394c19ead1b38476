#include "core/run.hpp"

// What agents add to a run is a part of the task that brought it.

namespace troupe::core {

/// Did any of it fail for good? Known when all of it has ended.
bool run::spoilt_by_added(const task& t) const {
  if (t.added == 0)
    return false;
  for (uint32_t i = 0; i < sources_[t.added]->steps.size(); ++i) {
    const auto& x = tasks_[first_of_[t.added] + i - 1];
    auto bad = x.state == task_state::failed || x.state == task_state::cancelled
               || x.spoilt;
    if (bad && !handled(x))
      return true;
  }
  return false;
}

/// Or what handled the failure of the task whose agent added `t` did.
bool run::handled_above(const task& t) const {
  for (auto number = t.parent; number != 0; number = tasks_[number - 1].parent)
    if (handled(tasks_[number - 1]))
      return true;
  return false;
}

/// What waits for `t` and was skipped because of it waits again; it goes into
/// `open`, since others may have been skipped because of that.
void run::wait_again(const task& t, std::deque<uint32_t>& open, instant now) {
  for (const auto& edge : spec(t).dependents) {
    auto& other = at(first_of_[t.source] + edge.step);
    if (other.state == task_state::skipped && other.error) {
      apply(other, task_event::retry, now);
      open.push_back(other.number);
    }
    if (other.state == task_state::waiting)
      count_dependencies(other);
  }
}

/// `t` had ended and goes on: so does the task whose agent added it, and what
/// waits for that one waits again. REQUIRES: it was settled.
void run::wait_again_above(const task& t, std::deque<uint32_t>& open,
                           instant now) {
  for (const auto* below = &t; below->parent != 0;) {
    auto& above = at(below->parent);
    auto had_ended = above.settled;
    ++above.children;
    above.settled = above.spoilt = false;
    if (is_item(*below) && above.state == task_state::failed) {
      forget_end(above);
      apply(above, task_event::retry, now);
      apply(above, task_event::start, now);
    }
    if (!had_ended)
      return; // It had not been counted as ended above either.
    if (!is_item(above))
      wait_again(above, open, now);
    below = &above;
  }
}

/// Those that failed of what the agent of `t` added. False: none did.
bool run::reopen_added(const task& t, instant now) {
  auto any = false;
  if (t.added == 0)
    return any;
  auto first = first_of_[t.added];
  for (uint32_t i = 0; i < sources_[t.added]->steps.size(); ++i) {
    auto& x = at(first + i);
    if (x.state == task_state::failed) {
      reopen(x.number, now);
      any = true;
    } else if (x.spoilt) {
      any = reopen_added(x, now) || any;
    }
  }
  return any;
}

} // namespace troupe::core
