#include <nlohmann/json.hpp>

#include "core/json_text.hpp"
#include "core/queue_words.hpp"
#include "core/run.hpp"

// Tasks that are queued and wait to be released; what became of their attempts
// is written down.

namespace troupe::core {

namespace {

failure not_possible(std::string_view what, task_state state) {
  return {errc::invalid_state, category::validation,
          std::string{what} + " is not possible: it is "
            + std::string{to_string(state)}};
}

failure no_such_task() {
  return {errc::not_found, category::validation, "no such task in this run"};
}

} // namespace

failure run::release(uint32_t number, const origin& by, instant now) {
  if (find(number) == nullptr)
    return no_such_task();
  auto& t = at(number);
  if (t.state != task_state::queued && t.state != task_state::paused)
    return not_possible("release", t.state);
  if (t.due != due_kind::held)
    return {}; // It is released.
  note_command("release", by, now, {}, name_of(t));
  disarm(t);
  if (t.state == task_state::queued) // Else it goes on with the run.
    held_.push_back(number);
  drain(now);
  return {};
}

failure run::hold(uint32_t number, const origin& by, instant now) {
  if (find(number) == nullptr)
    return no_such_task();
  auto& t = at(number);
  if (t.state == task_state::queued && t.due == due_kind::held)
    return {};
  if (t.state != task_state::retrying || !spec(t).hold
      || row_.state == run_state::paused)
    return not_possible("hold", t.state);
  note_command("hold", by, now, {}, name_of(t));
  to_queued(t, now);
  arm(t, due_kind::held, no_instant);
  note(fact_kind::task_queued, &t, now, "held");
  return {};
}

/// An attempt at a task of a queue has ended, for the audit.
void run::audit(const task& t, instant started, instant now) {
  if (!spec(t).hold || row_.name != queue_run_name
      || t.state == task_state::queued)
    return; // Not of a queue, or given back: nothing was done.
  auto labels = nlohmann::json::parse(spec(t).labels.view(), nullptr, false);
  std::string agent{t.agent.view()};
  if (labels.is_object())
    agent = labels.value("assigned_agent", agent);
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
    now - (started == no_instant ? now : started));
  out_.audits.push_back({row_.workspace, "task.executed",
                         row_.key.with(t.number),
                         std::string{to_string(t.state)},
                         text{to_compact({{"assigned_agent", agent},
                                          {"duration_ms", took.count()},
                                          {"retry_count", t.retries}})},
                         now});
}

} // namespace troupe::core
