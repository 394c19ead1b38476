#include "core/queue_alerts.hpp"

#include "core/queue_words.hpp"

namespace troupe::core {

namespace {

std::string percent(double share) {
  return std::to_string(static_cast<int>(share * 100 + 0.5)) + " %";
}

} // namespace

std::string to_line(const queue_alert& x) {
  return "alert " + x.name + " for " + x.audience + (x.over ? ", over: " : ": ")
         + x.text;
}

void queue_alerts::set(queue_alert what, const std::string& key, bool on,
                       std::vector<queue_alert>& news) {
  auto place = std::pair{what.workspace, key};
  auto known = on_.find(place);
  if (on == (known != on_.end()))
    return;
  what.over = !on;
  if (on)
    on_.emplace(place, what);
  else
    on_.erase(known);
  news.push_back(std::move(what));
}

std::vector<queue_alert> queue_alerts::look(const std::string& workspace,
                                            const queue_sample& now) {
  std::vector<queue_alert> news;
  auto queued = std::to_string(now.depth) + " tasks are queued in workspace "
                + workspace + "; the limit is "
                + std::to_string(limits_.depth_max);
  set({workspace, "queue_depth", "ops", false, queued}, "queue_depth",
      now.depth > limits_.depth_max, news);
  auto share = now.executions == 0 ? 0
                                   : static_cast<double>(now.failed)
                                       / static_cast<double>(now.executions);
  auto failing = percent(share) + " of today's executions in workspace "
                 + workspace + " failed; the limit is "
                 + percent(limits_.failed_share_max);
  set({workspace, "failed_share", "dev", false, failing}, "failed_share",
      now.executions >= limits_.executions_min
        && share > limits_.failed_share_max,
      news);
  auto slow = std::to_string(now.slow) + " executions in workspace " + workspace
              + " took longer than " + to_text(limits_.slow_after);
  set({workspace, "slow", "ops", false, slow}, "slow", now.slow > 0, news);
  return news;
}

std::vector<queue_alert>
queue_alerts::missing(const std::string& workspace,
                      const std::set<std::string>& agents) {
  std::vector<queue_alert> news;
  auto name = code_of(queue_error::agent_not_available);
  auto alert = [&](const std::string& agent, const std::string& text) {
    return queue_alert{workspace, name, "ops", false,
                       text + " `" + agent + "`"};
  };
  std::vector<std::string> back;
  for (const auto& [key, x] : on_)
    if (key.first == workspace && x.name == name
        && agents.count(key.second.substr(name.size() + 1)) == 0)
      back.push_back(key.second.substr(name.size() + 1));
  for (const auto& agent : back)
    set(alert(agent, "tasks of workspace " + workspace
                       + " do not wait any more for the agent"),
        name + ' ' + agent, false, news);
  for (const auto& agent : agents)
    set(alert(agent, "tasks of workspace " + workspace
                       + " stay queued: nobody answers to the agent"),
        name + ' ' + agent, true, news);
  return news;
}

} // namespace troupe::core
