#include <algorithm>
#include <map>

#include "core/plan.hpp"
#include "runtime/api_question.hpp"

// How a run was meant to go, how it went, and what is asked on the way.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Tasks that a report looks at; a larger run's says how many it has seen.
constexpr size_t reported_max = 50'000;
constexpr size_t failures_shown_max = 100;
constexpr size_t slowest_shown = 10;

/// From the first time to the second one; nothing where one is missing.
std::optional<core::duration> between(core::instant from, core::instant to) {
  if (from == core::no_instant || to == core::no_instant)
    return std::nullopt;
  return to - from;
}

/// What the tasks of a run add up to.
class report {
public:
  void add(const core::task_row& x) {
    ++seen_;
    retries_ += x.retries;
    if (x.state == core::task_state::failed)
      add_failure(x);
    auto took = between(x.started_at, x.ended_at);
    if (!took || x.agent.empty())
      return;
    auto& agent = agents_[x.agent];
    ++agent.tasks;
    agent.failed += x.state == core::task_state::failed;
    agent.busy += *took;
    slowest_.emplace_back(*took, json{{"task", core::to_string(x.key)},
                                      {"name", x.name},
                                      {"agent", x.agent},
                                      {"duration", iso_duration(*took)}});
    if (slowest_.size() > 2 * slowest_shown)
      keep_slowest();
  }

  size_t seen() const { return seen_; }

  void tell(json& out) {
    keep_slowest();
    out["tasks"] = seen_;
    out["retries"] = retries_;
    out["failures"] = failures_;
    out["agents"] = json::array();
    for (const auto& [name, x] : agents_)
      out["agents"].push_back({{"agent", name},
                               {"tasks", x.tasks},
                               {"failed", x.failed},
                               {"busy", iso_duration(x.busy)}});
    out["slowest"] = json::array();
    for (auto& x : slowest_)
      out["slowest"].push_back(std::move(x.second));
  }

private:
  struct sums {
    uint64_t tasks = 0;
    uint64_t failed = 0;
    core::duration busy{};
  };

  void add_failure(const core::task_row& x) {
    if (failures_.size() >= failures_shown_max)
      return;
    failures_.push_back({{"task", core::to_string(x.key)},
                         {"name", x.name},
                         {"agent", x.agent},
                         {"error", to_json(x.error)}});
  }

  void keep_slowest() {
    auto longer = [](const auto& a, const auto& b) {
      return a.first > b.first;
    };
    std::stable_sort(slowest_.begin(), slowest_.end(), longer);
    if (slowest_.size() > slowest_shown)
      slowest_.resize(slowest_shown);
  }

  size_t seen_ = 0;
  uint64_t retries_ = 0;
  json failures_ = json::array();
  std::map<std::string, sums> agents_;
  std::vector<std::pair<core::duration, json>> slowest_;
};

/// Of all tasks of a run, page by page.
core::result<json> report_of(core::store_reader& store,
                             const core::run_row& run) {
  auto shown = to_json(run);
  json out;
  for (auto field : {"run", "name", "version", "state", "counts", "percent",
                     "created_at", "started_at", "ended_at", "error"})
    if (shown.contains(field))
      out[field] = shown[field];
  if (auto waited = between(run.created_at, run.started_at))
    out["waited"] = iso_duration(*waited);
  if (auto took = between(run.started_at, run.ended_at))
    out["duration"] = iso_duration(*took);
  report all;
  core::task_filter filter;
  filter.workspace = run.workspace;
  filter.run = run.key;
  for (core::page where{1000, {}};;) {
    auto page = store.tasks(filter, where);
    if (!page)
      return page.error();
    for (const auto& x : page->rows)
      all.add(x);
    where.after = page->next;
    if (where.after.empty() || all.seen() >= reported_max)
      break;
  }
  all.tell(out);
  return out;
}

} // namespace

void node_api::run_plan_call(question& q) {
  with_run(q, "run",
           [then = q.then](core::store_reader& store, const core::run_row& run,
                           core::id id) {
             if (run.definition.empty())
               return then(refuse(errc::invalid_state,
                                  "this run is a list of tasks and has no "
                                  "plan; see its tasks"));
             auto row = store.find_definition(run.workspace, run.definition);
             if (!row || !*row)
               return then(row ? refuse_not_found("workflow of run", id)
                               : refuse(row.error()));
             auto parsed = core::parse_workflow((*row)->body.view());
             if (!parsed.value)
               return then(refuse(std::move(parsed.problems)));
             core::api_answer out;
             out.body =
               core::text{core::to_json(core::make_plan(*parsed.value))};
             then(std::move(out));
           });
}

void node_api::report_call(question& q) {
  with_run(q, "run",
           [then = q.then](core::store_reader& store, const core::run_row& run,
                           core::id) {
             auto all = report_of(store, run);
             then(all ? answer_with(*all) : refuse(all.error()));
           });
}

/// What a task asks, while it is open.
void node_api::decision_call(question& q) {
  with_run(q, "task",
           [then = q.then](core::store_reader& store, const core::run_row& run,
                           core::id id) {
             auto open = store.open_decisions(run.workspace);
             if (!open)
               return then(refuse(open.error()));
             for (const auto& x : *open)
               if (x.task == id)
                 return then(answer_with(to_json(x)));
             then(refuse(errc::not_found,
                         "nothing is asked of task " + core::to_string(id)
                           + " (any more); its page says how it went"));
           });
}

} // namespace troupe::runtime
