#include <algorithm>

#include <caf/event_based_actor.hpp>

#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "runtime/api_question.hpp"
#include "runtime/task_queue.hpp"

// How the tasks of a queue stand, and its figures.

namespace troupe::runtime {

using nlohmann::json;

namespace {

constexpr uint32_t status_rows = 100; // Of a page, unless it says otherwise.

json summary_of(const std::vector<uint64_t>& counts) {
  std::array<uint64_t, core::queue_states> sums{};
  for (size_t i = 0; i < counts.size(); ++i)
    sums[static_cast<size_t>(
      core::queue_state_of(static_cast<core::task_state>(i)))] += counts[i];
  json x;
  uint64_t total = 0;
  for (uint32_t i = 0; i < core::queue_states; ++i) {
    x[std::string{to_string(static_cast<core::queue_state>(i))}] = sums[i];
    total += sums[i];
  }
  x["total"] = total;
  return x;
}

uint64_t queued_in(const std::vector<uint64_t>& counts) {
  return summary_of(counts)["queued"];
}

core::api_answer no_task(const std::string& key) {
  auto why = core::queue_failure(core::queue_error::task_not_found,
                                 "no task `" + key.substr(0, 60)
                                   + "` is in this workspace's queue");
  return refuse(why);
}

} // namespace

void task_queue::status_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  core::queue_filter filter;
  filter.workspace = q->what.workspace;
  filter.agent = q->word("assigned_agent").value_or("");
  if (auto word = q->word("status")) {
    auto state = core::queue_state_from(*word);
    if (!state)
      return q->then(
        refuse(errc::invalid, "`" + word->substr(0, 60)
                                + "` is no status; it is queued, in_progress, "
                                  "completed, failed or cancelled"));
    filter.states = core::states_of(*state);
  }
  auto one = q->word("task_id");
  auto key = one ? core::id_from(*one) : std::nullopt;
  if (one && !key)
    return q->then(no_task(*one));
  auto page = q->page();
  if (!page)
    return;
  if (!q->params.contains("limit"))
    page->limit = status_rows;
  auto lost = [q] {
    q->then(refuse(errc::restarting, "a reader restarts; ask again"));
  };
  read(
    [me = shared_from_this(), q, filter, key,
     page = *page](core::store_reader& store) {
      core::task_page found;
      if (key) {
        auto row = store.find_task(*key);
        if (!row)
          return q->then(refuse(row.error()));
        if (!*row || (*row)->workspace != filter.workspace
            || (*row)->labels.empty())
          return q->then(no_task(core::to_string(*key)));
        found.rows.push_back(std::move(**row));
      } else {
        auto rows = store.queue_tasks(filter, page);
        if (!rows)
          return q->then(refuse(rows.error()));
        found = std::move(*rows);
      }
      auto counts = store.queue_counts(filter.workspace, core::no_instant);
      if (!counts)
        return q->then(refuse(counts.error()));
      auto now = me->now();
      auto list = json::array();
      for (const auto& row : found.rows)
        list.push_back(core::queue_entry(row, me->progress_of(row.key), now));
      json body{{"success", true},
                {"tasks", std::move(list)},
                {"summary", summary_of(*counts)}};
      if (!found.next.empty())
        body["next"] = found.next;
      q->then(answer_with(body));
    },
    lost);
}

namespace {

/// From what `agents` tells: how much of each is in use.
json utilization(const core::api_answer& agents) {
  json x = json::object();
  auto body = json::parse(agents.body.view(), nullptr, false);
  if (agents.error || !body.is_object())
    return x;
  for (const auto& agent : body.value("agents", json::array())) {
    auto most = agent.value("max_load", 0.0);
    x[agent.value("name", "")] =
      most > 0 ? std::min(1.0, agent.value("load", 0.0) / most) : 0.0;
  }
  return x;
}

} // namespace

void task_queue::metrics_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  auto lost = [q] {
    q->then(refuse(errc::restarting, "a reader restarts; ask again"));
  };
  read(
    [me = shared_from_this(), q](core::store_reader& store) {
      const auto& workspace = q->what.workspace;
      auto today = me->calendar_.day_began(me->now());
      auto all = store.queue_counts(workspace, core::no_instant);
      auto made = store.queue_counts(workspace, today);
      auto done =
        store.audits(workspace, today, me->settings_.alerts.slow_after);
      for (const auto* bad :
           {all ? nullptr : &all.error(), made ? nullptr : &made.error(),
            done ? nullptr : &done.error()})
        if (bad)
          return q->then(refuse(*bad));
      auto mean =
        done->executions == 0
          ? 0
          : std::chrono::duration_cast<std::chrono::milliseconds>(done->busy)
                .count()
              / static_cast<int64_t>(done->executions);
      auto body = std::make_shared<json>(
        json{{"tasks_created_today", summary_of(*made)["total"]},
             {"tasks_executed_today", done->completed},
             {"tasks_failed_today", done->failed},
             {"average_execution_time_ms", mean},
             {"queue_depth", queued_in(*all)}});
      auto api = me->api();
      if (!api)
        return;
      core::api_request ask{"agents", workspace, q->what.by, {}, {}};
      api->call(std::move(ask), [q, body](const core::api_answer& agents) {
        (*body)["agents_utilization"] = utilization(agents);
        q->then(answer_with(*body));
      });
    },
    lost);
}

} // namespace troupe::runtime
