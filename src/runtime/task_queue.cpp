#include "runtime/task_queue.hpp"

#include <algorithm>
#include <utility>

#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "runtime/api_question.hpp"
#include "runtime/queue_pass.hpp"

// What the operations of the task queue share.

namespace troupe::runtime {

namespace {

constexpr size_t progress_kept_max = 10'000;
constexpr uint32_t workspaces_swept_max = 10'000;
/// What a pass waits longer for its tasks than their tries may take.
constexpr core::duration pass_margin = std::chrono::minutes{1};

/// A zone is checked where it is configured; without it clocks show UTC.
core::zone_offset offset_or_utc(const std::string& zone) {
  if (auto found = zone_offset_of(zone))
    return found;
  return [](core::instant) { return core::duration{0}; };
}

} // namespace

task_queue::task_queue(std::weak_ptr<node_api> api, queue_settings settings)
  : api_(std::move(api)), settings_(std::move(settings)),
    calendar_(settings_.calendar, offset_or_utc(settings_.calendar.zone)),
    alerts_(settings_.alerts) {}

bool task_queue::takes(std::string_view op) {
  return op.starts_with("queue_");
}

void task_queue::ask(question& q) {
  using method = void (task_queue::*)(question&);
  static const std::map<std::string_view, method> all{
    {"queue_strategy", &task_queue::strategy_call},
    {"queue_decompose", &task_queue::decompose_call},
    {"queue_execute", &task_queue::execute_call},
    {"queue_status", &task_queue::status_call},
    {"queue_cancel", &task_queue::cancel_call},
    {"queue_retry", &task_queue::retry_call},
    {"queue_metrics", &task_queue::metrics_call},
  };
  if (auto pos = all.find(q.what.op); pos != all.end())
    return (this->*pos->second)(q);
  q.then(refuse(errc::not_found, "there is no operation `" + q.what.op + "`"));
}

core::instant task_queue::now() const {
  auto api = api_.lock();
  return api ? api->home().now() : core::no_instant;
}

void task_queue::read(read_job job, std::function<void()> lost) {
  auto api = api_.lock();
  if (!api)
    return lost();
  api->read(keep_promise(std::move(job), lost),
            [lost](const core::api_answer&) { lost(); });
}

bool task_queue::has_agent(const std::string& name) const {
  auto api = api_.lock();
  if (!api)
    return false;
  auto pos = settings_.attempts.agents.find(name);
  const auto& pin = pos == settings_.attempts.agents.end() ? name : pos->second;
  const auto& members = *api->home().members;
  auto standbys = members.on_demand();
  return members.has(pin)
         || std::any_of(standbys->begin(), standbys->end(),
                        [&](const auto& x) { return x.who.name == pin; });
}

void task_queue::reported(core::id task, double fraction) {
  std::lock_guard guard{mutex_};
  if (progress_.size() < progress_kept_max || progress_.count(task) > 0)
    progress_[task] = fraction;
}

void task_queue::forget_progress(core::id task) {
  std::lock_guard guard{mutex_};
  progress_.erase(task);
}

std::optional<double> task_queue::progress_of(core::id task) const {
  std::lock_guard guard{mutex_};
  auto pos = progress_.find(task);
  return pos == progress_.end() ? std::nullopt : std::optional{pos->second};
}

void task_queue::tell(const std::vector<core::queue_alert>& news) {
  auto api = api_.lock();
  for (const auto& x : news) {
    if (settings_.on_alert)
      settings_.on_alert(x);
    if (!api)
      continue;
    // Who is told of alerts is not warned of them as well.
    if (settings_.on_alert)
      api->home().warnings->add(core::to_line(x), now());
    else
      api->home().warn(core::to_line(x));
  }
}

void task_queue::missing_agents(const std::string& workspace,
                                const std::set<std::string>& agents) {
  std::vector<core::queue_alert> news;
  {
    std::lock_guard guard{mutex_};
    news = alerts_.missing(workspace, agents);
  }
  tell(news);
}

void task_queue::look(const std::string& workspace) {
  read(
    [me = shared_from_this(), workspace](core::store_reader& store) {
      auto now = me->now();
      core::instant last;
      {
        std::lock_guard guard{me->mutex_};
        last = std::exchange(me->looked_at_[workspace], now);
      }
      auto slow_after = me->settings_.alerts.slow_after;
      auto counts = store.queue_counts(workspace, core::no_instant);
      auto today =
        store.audits(workspace, me->calendar_.day_began(now), slow_after);
      auto since = store.audits(
        workspace,
        last == core::no_instant ? me->calendar_.day_began(now) : last,
        slow_after);
      if (!counts || !today || !since)
        return;
      core::queue_sample sample{0, today->executions, today->failed,
                                since->slow};
      for (auto state : core::states_of(core::queue_state::queued))
        sample.depth += (*counts)[static_cast<size_t>(state)];
      std::vector<core::queue_alert> news;
      {
        std::lock_guard guard{me->mutex_};
        news = me->alerts_.look(workspace, sample);
      }
      me->tell(news);
    },
    [] {});
}

void task_queue::work(pass_order what, call then) {
  auto run = std::make_shared<queue_pass_run>(shared_from_this(),
                                              std::move(what), std::move(then));
  {
    std::lock_guard guard{mutex_};
    passes_.push_back(run);
  }
  run->start();
}

void task_queue::work_on_and_on(pass_order what) {
  {
    std::lock_guard guard{mutex_};
    if (!working_.insert(what.workspace).second)
      return;
  }
  auto next = what;
  what.after = [me = shared_from_this(), next](bool worked) {
    {
      std::lock_guard guard{me->mutex_};
      me->working_.erase(next.workspace);
    }
    if (worked)
      me->work_on_and_on(next);
  };
  work(std::move(what), [](const core::api_answer&) {});
}

std::optional<core::instant>
task_queue::opens(const core::task_row& row) const {
  auto at = now();
  auto opens = calendar_.opens(core::timing_of(row, at), at);
  return opens && *opens > at ? opens : std::nullopt;
}

void task_queue::work_all() {
  read(
    [me = shared_from_this()](core::store_reader& store) {
      auto all = store.queue_workspaces(workspaces_swept_max);
      if (!all)
        return;
      for (const auto& workspace : *all) {
        pass_order order;
        order.workspace = workspace;
        order.by = {std::string{core::audited_agent}, "sweep", {}, {}};
        order.at_once = me->settings_.at_once;
        me->work_on_and_on(std::move(order));
      }
    },
    [] {});
}

/// One that nothing happens in keeps its workspace from being worked.
void task_queue::end_stuck_passes() {
  decltype(passes_) all;
  {
    std::lock_guard guard{mutex_};
    all.swap(passes_);
  }
  const auto& how = settings_.attempts;
  auto patience = pass_margin + 2 * (how.retries + 1) * how.timeout;
  std::erase_if(all, [&](const auto& weak) {
    auto pass = weak.lock();
    return !pass || !pass->end_if_stuck(now(), patience);
  });
  std::lock_guard guard{mutex_};
  passes_.insert(passes_.end(), all.begin(), all.end());
}

std::optional<core::duration> task_queue::sweep() {
  end_stuck_passes();
  if (std::exchange(begun_, true) || settings_.sweep.count() > 0)
    work_all();
  std::optional<core::duration> next;
  if (settings_.sweep.count() > 0)
    next = settings_.sweep;
  auto at = now();
  if (auto cron = calendar_.next_cron(at); cron && at != core::no_instant)
    next = next ? std::min(*next, core::duration{*cron - at})
                : core::duration{*cron - at};
  return next;
}

} // namespace troupe::runtime
