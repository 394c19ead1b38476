#include "core/explain.hpp"

#include <nlohmann/json.hpp>

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr size_t tasks_shown_max = 20;

json reason(std::string what, std::string detail, instant until = no_instant) {
  json x{{"what", std::move(what)}, {"detail", std::move(detail)}};
  if (until != no_instant)
    x["until"] = to_rfc3339(until);
  return x;
}

json dependencies(const run& r, const run::task& t) {
  auto list = json::array();
  if (t.source != 0) // Of a group that an agent added.
    return list;
  const auto& steps = r.definition().steps;
  for (const auto& edge : steps[t.step].depends_on) {
    const auto& other = *r.find(edge.step + 1);
    if (!other.settled)
      list.push_back(
        reason("dependency", "step `" + steps[edge.step].name + "` is "
                               + std::string{to_string(other.state)}));
  }
  return list;
}

json timer_reason(const run::task& t, std::string_view signal) {
  switch (t.due) {
    case due_kind::retry:
      return reason("backoff",
                    t.error ? "tried again after: " + t.error->message
                            : std::string{"tried again"},
                    t.due_at);
    case due_kind::snooze:
      return reason("snooze", "its agent asked to be asked later", t.due_at);
    case due_kind::sleep:
      return reason("timer", "sleeps", t.due_at);
    case due_kind::signal:
      return reason("signal", "waits for signal `" + std::string{signal} + "`",
                    t.due_at);
    case due_kind::approval:
      return reason("approval", "waits for a person; `troupe approve`",
                    t.due_at);
    case due_kind::not_before:
      return reason("not_before", "must not start earlier", t.due_at);
    case due_kind::held:
      return reason("held", "waits to be released; `troupe release`");
    case due_kind::none:
    case due_kind::timeout:
    case due_kind::deadline:
      break;
  }
  return nullptr;
}

json explain_task(const run& r, const run::task& t) {
  json x{{"task", to_string(r.key().with(t.number))},
         {"name", r.name_of(t)},
         {"state", to_string(t.state)}};
  auto& waits = x["waits_for"] = json::array();
  auto step = r.step_of(t);
  if (r.row().state == run_state::paused && !terminal(t.state))
    waits.push_back(
      reason("paused", "the run is paused; `troupe resume`", no_instant));
  if (t.state == task_state::waiting)
    for (auto& y : dependencies(r, t))
      waits.push_back(std::move(y));
  if (t.asking)
    waits.push_back(reason("cache", "its output may be stored already"));
  if (t.state == task_state::queued && !t.offered && !t.asking
      && r.definition().max_parallel != 0)
    waits.push_back(
      reason("max_parallel", "the run works on at most "
                               + std::to_string(r.definition().max_parallel)
                               + " tasks at a time"));
  if (auto y = timer_reason(t, step->signal); !y.is_null())
    waits.push_back(std::move(y));
  else if (t.state == task_state::in_progress
           && step->kind == step_kind::signal)
    waits.push_back(
      reason("signal", "waits for signal `" + step->signal + "`"));
  if (t.state == task_state::in_progress && step->kind == step_kind::workflow)
    waits.push_back(reason("sub_run", "its sub-run is " + t.agent.str()));
  if (r.working(t) && !t.agent.empty()) {
    x["agent"] = t.agent.view();
    x["attempt"] = t.attempt;
  }
  if (t.fallback != 0)
    x["fallback"] = "its own attempts are used up, its fallback is at work";
  if (!t.score.empty())
    x["score"] = json::parse(t.score.view(), nullptr, false);
  if (t.error)
    x["error"] = {{"code", to_string(t.error->code)},
                  {"message", t.error->message}};
  return x;
}

} // namespace

std::string explain(const run& what, uint32_t number) {
  if (number != 0) {
    const auto* t = what.find(number);
    return t ? explain_task(what, *t).dump() : std::string{};
  }
  json x{{"run", to_string(what.key())},
         {"state", to_string(what.row().state)}};
  auto& tasks = x["tasks"] = json::array();
  for (uint32_t n = 1; n <= what.size() && tasks.size() < tasks_shown_max; ++n)
    if (const auto& t = *what.find(n); !terminal(t.state))
      tasks.push_back(explain_task(what, t));
  return x.dump();
}

} // namespace troupe::core
