#include "sim/client.hpp"

// Commands, and what their answers promise.

namespace troupe::sim {

using core::run_state;
using core::task_state;
using nlohmann::json;

std::vector<core::id> client::tasks_in(core::id run, task_state state) const {
  std::vector<core::id> all;
  if (const auto* known = book_.find(run))
    for (uint32_t i = 0; i < known->tasks.size(); ++i)
      if (known->tasks[i].shown == state)
        all.push_back(run.with(i + 1));
  return all;
}

void client::command(const event& x) {
  if (!door_ || x.work >= submissions_.size())
    return;
  ++commands_;
  const auto& asked = plan_.work[x.work];
  if (x.what == act::again) {
    if (!asked.key.empty() && asked.at.count() >= 0 && asked.at <= now_)
      submit(x.work);
    return;
  }
  auto run = submissions_[x.work].run;
  if (!run)
    return;
  const auto* known = book_.find(run);
  if (x.what == act::look) {
    constexpr const char* views[] = {"run",  "runs",   "tasks", "why",
                                     "tree", "status", "agents"};
    return call(views[x.pick % std::size(views)],
                {{"run", core::to_string(run)}}, {},
                [](const core::api_answer&) {});
  }
  if (x.what == act::cancel_task)
    return command_task(
      x.what,
      run.with(1 + x.pick % static_cast<uint32_t>(known->tasks.size())));
  if (x.what == act::approve || x.what == act::reject) {
    auto open = tasks_in(run, task_state::awaiting_approval);
    if (!open.empty())
      command_task(x.what, open[x.pick % open.size()]);
    return;
  }
  command_run(x.what, run, x);
}

void client::command_run(act what, core::id run, const event& x) {
  json params{{"run", core::to_string(run)}};
  if (what == act::signal) {
    params["name"] = x.name;
    params["payload"] = {{"pick", x.pick}};
  }
  auto signal = x.name;
  call(std::string{to_string(what)}, std::move(params), {},
       [this, what, run, signal](const core::api_answer& y) {
         if (!y.error)
           obeyed(what, run, signal);
       });
}

void client::command_task(act what, core::id task) {
  call(what == act::cancel_task ? "cancel" : std::string{to_string(what)},
       {{"task", core::to_string(task)}}, {},
       [this, what, task](const core::api_answer& y) {
         if (!y.error)
           obeyed(what, task, {});
       });
}

/// An answer is a promise: by now its effect is durable.
void client::obeyed(act what, core::id target, const std::string&) {
  auto word = std::string{to_string(what)};
  auto run = target.run();
  const auto* known = book_.find(run);
  if (what == act::cancel) {
    if (known->told != run_state::cancelling && !terminal(known->told))
      wrong_("I1: a cancel of run " + to_string(run)
             + " was answered before it was durable");
    return;
  }
  auto n = ++promised_[{run, word}];
  if (book_.commands(run, word) < n)
    wrong_("I1: a " + word + " of run " + to_string(run)
           + " was answered before it was durable");
}

void client::lead_to_the_end() {
  if (!door_)
    return;
  for (const auto& [key, run] : book_.runs()) {
    if (terminal(run.told))
      continue;
    if (run.told == run_state::paused) {
      command_run(act::resume, key, {});
      continue;
    }
    for (auto task : tasks_in(key, task_state::awaiting_approval))
      command_task(act::approve, task);
    for (auto task : tasks_in(key, task_state::in_progress)) {
      const auto* step = run.tasks[task.number() - 1].step;
      if (step && step->kind == core::step_kind::signal) {
        event x;
        x.name = step->signal;
        command_run(act::signal, key, x);
      }
    }
  }
}

} // namespace troupe::sim
