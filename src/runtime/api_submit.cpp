#include "core/plan.hpp"
#include "core/workflow_name.hpp"
#include "runtime/api_question.hpp"

// Workflows and lists of tasks come in here, whatever the door.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Sub-workflows that are named: "name@version".
std::vector<std::string> parts_named(const core::workflow& x) {
  std::vector<std::string> names;
  for (const auto& step : x.steps)
    if (step.kind == core::step_kind::workflow)
      names.push_back(step.workflow);
  return names;
}

/// Reads all workflows that `root` names, and those that they name. An empty
/// failure: all are there.
failure collect_parts(core::store_reader& store, const std::string& workspace,
                      const core::workflow& root,
                      std::vector<core::workflow_ptr>& parts) {
  constexpr size_t parts_max = 100;
  auto open = parts_named(root);
  while (!open.empty()) {
    auto name = std::move(open.back());
    open.pop_back();
    auto [word, version] = core::split_workflow_name(name);
    auto known = [&, &word = word, version = version](const auto& part) {
      return part->name == word && part->version == version;
    };
    if (std::any_of(parts.begin(), parts.end(), known))
      continue;
    if (version == 0)
      return {errc::invalid, category::validation,
              "workflow `" + name + "` is named without a version; write `"
                + name + "@1`"};
    auto row = store.find_definition(workspace, word, version);
    if (!row)
      return row.error();
    if (!*row)
      return {errc::invalid, category::validation,
              "workflow `" + name
                + "` is not registered here; register it first (POST "
                  "/api/v1/workflows)"};
    auto parsed = core::parse_workflow((*row)->body.view());
    if (!parsed.value || parts.size() >= parts_max)
      return {errc::invalid, category::validation,
              "workflow `" + name + "` cannot be used as a part"};
    for (auto& more : parts_named(*parsed.value))
      open.push_back(std::move(more));
    parts.push_back(std::move(parsed.value));
  }
  return {};
}

core::api_answer to_answer(const answer& x) {
  core::api_answer out;
  out.error = x.error;
  if (x.error.code == errc::overloaded)
    out.retry_after = std::chrono::seconds{1};
  if (x.error.code == errc::store_full)
    out.retry_after = std::chrono::seconds{10};
  if (!x.error)
    out.body = core::text{json{
      {"run", core::to_string(x.run)},
      {"state", core::to_string(x.state)},
      {"repeated",
       x.repeated}}.dump()};
  return out;
}

} // namespace

/// Finds the workflow that the parameters mean; answers the call if they mean
/// none.
void node_api::with_source(
  question& q, std::function<void(core::parsed_workflow, bool)> use) {
  if (auto text = q.word("workflow")) {
    if (q.word("format") == "wfcommons")
      return use(
        core::import_wfcommons(*text, q.params.value("time_scale", 1.0)),
        false);
    return use(core::parse_workflow(*text), false);
  }
  if (auto object = q.params.find("definition"); object != q.params.end())
    return use(core::parse_workflow(object->dump()), false);
  if (auto list = q.params.find("tasks"); list != q.params.end())
    return use(core::parse_task_list(
                 list->is_string() ? list->get<std::string>() : list->dump()),
               true);
  auto name = q.word("name");
  if (!name)
    return q.then(refuse(errc::invalid, "give one of `workflow`, "
                                        "`definition`, `tasks` or `name`"));
  auto workspace = q.what.workspace;
  read(
    [name = *name, workspace, use, then = q.then](core::store_reader& store) {
      auto [word, version] = core::split_workflow_name(name);
      auto row = store.find_definition(workspace, word, version);
      if (!row)
        return then(refuse(row.error().code, row.error().message));
      if (!*row)
        return then(
          refuse(errc::not_found, "no workflow `" + name
                                    + "` is registered here; register it (POST "
                                      "/api/v1/workflows), or name a file"));
      use(core::parse_workflow((*row)->body.view()), false);
    },
    q.then);
}

void node_api::submit_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  with_source(*q, [self = shared_from_this(), q](core::parsed_workflow parsed,
                                                 bool ad_hoc) {
    if (!parsed.value)
      return q->then(refuse(std::move(parsed.problems)));
    self->finish_submit(q, std::move(parsed.value), ad_hoc);
  });
}

void node_api::finish_submit(const std::shared_ptr<question>& q,
                             core::workflow_ptr definition, bool ad_hoc) {
  command x;
  x.what = verb::submit;
  x.workspace = q->what.workspace;
  x.by = q->what.by;
  x.ad_hoc = ad_hoc;
  x.idempotency_key = q->what.idempotency_key;
  x.wait = q->params.value("wait", false);
  x.priority = q->params.value("priority", uint8_t{0});
  auto input = core::check_input(
    *definition, q->params.value("input", json::object()).dump());
  if (!input.problems.empty()) {
    // Its lines are those of no text that anybody wrote.
    for (auto& problem : input.problems) {
      problem.line = problem.column = 0;
      problem.where = "/input" + problem.where;
    }
    return q->then(refuse(std::move(input.problems)));
  }
  x.body = std::move(input.value);
  x.definition = std::move(definition);
  x.target = new_run(x.workspace, x.idempotency_key);
  auto self = shared_from_this();
  auto then = [self, q](answer done) {
    if (done.error || !q->params.value("wait", false))
      return q->then(to_answer(done));
    // The end is durable: the row tells it.
    question view;
    view.what = q->what;
    view.params = {{"run", core::to_string(done.run)}};
    view.then = q->then;
    self->run_call(view);
  };
  if (parts_named(*x.definition).empty())
    return submit(std::move(x), std::move(then));
  read(
    [self, q, x, then](core::store_reader& store) mutable {
      if (auto why = collect_parts(store, x.workspace, *x.definition, x.parts))
        return q->then(refuse(why.code, why.message));
      self->submit(std::move(x), std::move(then));
    },
    q->then);
}

void node_api::plan_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  with_source(*q, [q](core::parsed_workflow parsed, bool) {
    if (!parsed.value)
      return q->then(refuse(std::move(parsed.problems)));
    core::api_answer x;
    x.body = core::text{core::to_json(core::make_plan(*parsed.value))};
    q->then(std::move(x));
  });
}

void node_api::register_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  with_source(
    *q, [self = shared_from_this(), q](core::parsed_workflow parsed, bool) {
      if (!parsed.value)
        return q->then(refuse(std::move(parsed.problems)));
      command x;
      x.what = verb::define;
      x.workspace = q->what.workspace;
      x.by = q->what.by;
      x.definition = parsed.value;
      // All versions of a name meet at one shard.
      x.target = core::id::make(self->home_->now(),
                                core::slot_of(x.workspace, x.definition->name),
                                self->home_->unique());
      auto definition = parsed.value;
      self->submit(std::move(x), [q, definition](answer done) {
        if (done.error)
          return q->then(to_answer(done));
        q->then(answer_with({{"name", definition->name},
                             {"version", definition->version},
                             {"hash", definition->hash}}));
      });
    });
}

} // namespace troupe::runtime
