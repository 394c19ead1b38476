#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "runtime/api_question.hpp"
#include "runtime/task_queue.hpp"

// Strategies come in, and become tasks.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// What was wrong, as one failure of the contract.
core::api_answer not_decomposed(core::problems all) {
  auto why = core::queue_failure(core::queue_error::decomposition_failed,
                                 all.front().what + "; " + all.front().hint);
  core::api_answer x;
  x.error = std::move(why);
  x.problems = std::move(all);
  return x;
}

/// The rows that the tasks of a new run begin with.
core::task_row row_of(const core::workflow& definition, size_t index,
                      core::id run, const std::string& workspace) {
  const auto& step = definition.steps[index];
  core::task_row row;
  row.key = run.with(static_cast<uint32_t>(index + 1));
  row.workspace = workspace;
  row.type = step.need->type;
  row.priority = step.priority;
  row.labels = step.labels;
  return row;
}

json ids_of(const std::vector<uint32_t>& numbers, core::id run) {
  auto list = json::array();
  for (auto number : numbers)
    list.push_back(core::to_string(run.with(number)));
  return list;
}

json execution_plan(const core::queue_plan& plan, core::id run) {
  auto phases = json::array();
  for (const auto& phase : plan.phases)
    phases.push_back({{"phase_name", phase.name},
                      {"tasks", ids_of(phase.tasks, run)},
                      {"dependencies", ids_of(phase.depends_on, run)},
                      {"estimated_days", phase.days}});
  return {{"total_tasks", plan.tasks.size()},
          {"phases", std::move(phases)},
          {"estimated_duration_days", plan.days}};
}

json decomposed(const core::queue_plan& plan, const core::workflow& definition,
                core::id run, const std::string& workspace) {
  auto tasks = json::array();
  for (size_t i = 0; i < definition.steps.size(); ++i)
    tasks.push_back(core::queue_row(row_of(definition, i, run, workspace)));
  return {{"success", true},
          {"tasks_created", plan.tasks.size()},
          {"tasks", std::move(tasks)},
          {"execution_plan", execution_plan(plan, run)}};
}

} // namespace

void task_queue::strategy_call(question& q) {
  auto body = q.params;
  auto read = core::read_strategy(body);
  if (!read.problems.empty())
    return q.then(not_decomposed(std::move(read.problems)));
  auto row = std::make_shared<core::strategy_row>();
  row->workspace = q.what.workspace;
  row->key = read.value.key;
  row->contact = read.value.contact;
  json kept;
  for (auto name : {"campaign_calendar", "content_pillars", "kpis"})
    kept[name] = body.value(name, json(nullptr));
  row->body = core::text{kept.dump()};
  auto api = api_.lock();
  if (!api)
    return;
  command x;
  x.what = verb::keep;
  x.workspace = q.what.workspace;
  x.by = q.what.by;
  // All that is said of one strategy meets at one shard, in order.
  x.target =
    core::id::make(api->home().now(), core::slot_of(x.workspace, row->key),
                   api->home().unique());
  x.strategy = row;
  api->submit(std::move(x), [q, key = row->key](const troupe::answer& done) {
    q.then(done.error ? refuse(done.error)
                      : answer_with({{"success", true}, {"id", key}}));
  });
}

void task_queue::decompose_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  auto key = q->word("strategy_id").value_or("");
  if (key.empty())
    return q->then(refuse(core::problems{
      {"/strategy_id", 0, 0, "`strategy_id` is missing",
       "name a strategy of this workspace, e.g. one that was sent to "
       "/api/v1/strategies"}}));
  if (auto id = core::id_from(key))
    key = core::to_string(*id);
  auto lost = [q] {
    q->then(refuse(errc::restarting, "a reader restarts; ask again"));
  };
  read(
    [me = shared_from_this(), q, key](core::store_reader& store) {
      auto row = store.find_strategy(q->what.workspace, key);
      if (!row)
        return q->then(refuse(row.error()));
      if (!*row)
        return q->then(
          refuse(core::queue_failure(core::queue_error::strategy_not_found,
                                     "no strategy `" + key.substr(0, 60)
                                       + "` is in this workspace; put "
                                         "it into marketing_strategies or "
                                         "POST it to /api/v1/strategies")));
      auto body = json::parse((*row)->body.view(), nullptr, false);
      body["id"] = (*row)->key;
      if (!(*row)->contact.empty())
        body["contact_id"] = (*row)->contact;
      auto known = core::read_strategy(body);
      if (!known.problems.empty())
        return q->then(not_decomposed(std::move(known.problems)));
      me->submit_plan(q, std::move(known.value));
    },
    lost);
}

void task_queue::submit_plan(const std::shared_ptr<question>& q,
                             core::strategy from) {
  auto api = api_.lock();
  if (!api)
    return;
  auto plan = core::decompose(from, api->home().now());
  auto parsed =
    core::parse_workflow(core::queue_workflow(plan, from, settings_.attempts));
  if (!parsed.value)
    return q->then(not_decomposed(std::move(parsed.problems)));
  auto definition = parsed.value;
  command x;
  x.what = verb::submit;
  x.workspace = q->what.workspace;
  x.by = q->what.by;
  x.idempotency_key = q->what.idempotency_key;
  x.body = core::text{"{}"};
  x.definition = definition;
  x.target = api->new_run(x.workspace, x.idempotency_key);
  api->submit(std::move(x), [me = shared_from_this(), q, plan = std::move(plan),
                             definition](const troupe::answer& done) {
    if (done.error)
      return q->then(refuse(done.error));
    q->then(
      answer_with(decomposed(plan, *definition, done.run, q->what.workspace)));
    me->look(q->what.workspace); // So many may be an alert.
    if (!q->params.value("auto_execute", false) || done.repeated)
      return;
    pass_order order;
    order.workspace = q->what.workspace;
    order.by = q->what.by;
    order.at_once = me->settings_.at_once;
    me->work_on_and_on(std::move(order));
  });
}

} // namespace troupe::runtime
