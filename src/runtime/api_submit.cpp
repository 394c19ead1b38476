#include <set>

#include "core/plan.hpp"
#include "core/queue_words.hpp"
#include "core/workflow_name.hpp"
#include "runtime/api_params.hpp"
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
/// failure: all are there. With `missing`, what is not registered is no failure
/// but goes there.
failure collect_parts(core::store_reader& store, known_workflows& workflows,
                      const std::string& workspace, const core::workflow& root,
                      std::vector<core::workflow_ptr>& parts,
                      std::set<std::string>* missing = nullptr) {
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
    if (!*row && missing) {
      missing->insert(name);
      continue;
    }
    if (!*row)
      return {errc::invalid, category::validation,
              "workflow `" + name
                + "` is not registered here; register it first with `troupe "
                  "register FILE`, `--with FILE` or POST /api/v1/workflows"};
    auto parsed = workflows.parse((*row)->body.view());
    if (!parsed.value || parts.size() >= parts_max)
      return {errc::invalid, category::validation,
              "workflow `" + name + "` cannot be used as a part"};
    for (auto& more : parts_named(*parsed.value))
      open.push_back(std::move(more));
    parts.push_back(std::move(parsed.value));
  }
  return {};
}

/// The run's input, or all that is wrong with it.
core::api_answer is_of_the_queue() {
  return refuse(errc::invalid, "runs of that name come from strategies; give "
                               "the workflow another one");
}

core::checked_input input_for(const core::workflow& definition,
                              const json& params) {
  auto x =
    core::check_input(definition, params.value("input", json::object()).dump());
  // Its lines are those of no text that anybody wrote.
  for (auto& problem : x.problems) {
    problem.line = problem.column = 0;
    problem.where = "/input" + problem.where;
  }
  return x;
}

/// Parts may be registered in any order, so a missing one is worth a note only.
core::api_answer registered(const core::workflow& x,
                            const std::set<std::string>& missing) {
  json body{{"name", x.name}, {"version", x.version}, {"hash", x.hash}};
  for (const auto& name : missing)
    body["notes"].push_back("workflow `" + name
                            + "` is not registered yet; until it is, no run of "
                              "this one is taken");
  return answer_with(body);
}

core::api_answer plan_answer(const core::workflow& of) {
  core::api_answer x;
  x.body = core::text{core::to_json(core::make_plan(of))};
  return x;
}

json submitted(const answer& x, const std::vector<std::string>& notes) {
  json body{{"run", core::to_string(x.run)},
            {"state", core::to_string(x.state)},
            {"repeated", x.repeated}};
  if (!notes.empty())
    body["notes"] = notes;
  return body;
}

core::api_answer to_answer(const answer& x,
                           const std::vector<std::string>& notes = {}) {
  core::api_answer out;
  out.error = x.error;
  if (x.error.code == errc::overloaded)
    out.retry_after = std::chrono::seconds{1};
  if (x.error.code == errc::store_full)
    out.retry_after = std::chrono::seconds{10};
  if (x.error)
    return out;
  out.body = core::text{submitted(x, notes).dump()};
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
    return use(home_->workflows->parse(*text), false);
  }
  if (auto object = q.params.find("definition"); object != q.params.end())
    return use(home_->workflows->parse(object->dump()), false);
  if (auto list = q.params.find("tasks"); list != q.params.end())
    return use(home_->workflows->parse(
                 list->is_string() ? list->get<std::string>() : list->dump(),
                 known_workflows::form::task_list),
               true);
  auto name = q.word("name");
  if (!name)
    return q.then(refuse(errc::invalid, "give one of `workflow`, "
                                        "`definition`, `tasks` or `name`"));
  auto workspace = q.what.workspace;
  read(
    [name = *name, workspace, use, known = home_->workflows,
     then = q.then](core::store_reader& store) {
      auto [word, version] = core::split_workflow_name(name);
      auto row = store.find_definition(workspace, word, version);
      if (!row)
        return then(refuse(row.error()));
      if (!*row)
        return then(
          refuse(errc::not_found, "no workflow `" + name
                                    + "` is registered here; register it with "
                                      "`troupe register FILE` or POST "
                                      "/api/v1/workflows, or name a file"));
      use(known->parse((*row)->body.view()), false);
    },
    q.then);
}

void node_api::submit_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  with_source(*q, [self = shared_from_this(), q](core::parsed_workflow parsed,
                                                 bool ad_hoc) {
    if (!parsed.value)
      return q->then(refuse(std::move(parsed.problems)));
    if (!ad_hoc && parsed.value->name == core::queue_run_name)
      return q->then(is_of_the_queue());
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
  if (auto priority = q->params.find("priority"); priority != q->params.end())
    x.priority = priority_of(*priority).value_or(0);
  x.labels = q->labels;
  auto input = input_for(*definition, q->params);
  if (!input.problems.empty())
    return q->then(refuse(std::move(input.problems)));
  x.body = std::move(input.value);
  x.definition = std::move(definition);
  x.target = new_run(x.workspace, x.idempotency_key);
  auto self = shared_from_this();
  auto then = [self, q, ad_hoc, definition = x.definition,
               notes = core::plan_notes(*x.definition)](const answer& done) {
    auto wait = q->params.value("wait", false);
    if (!done.error && !wait && ad_hoc)
      return self->answer_tasks(q, done, submitted(done, notes), definition);
    if (done.error || !wait)
      return q->then(to_answer(done, notes));
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
      if (auto why = collect_parts(store, *self->home_->workflows, x.workspace,
                                   *x.definition, x.parts))
        return q->then(refuse(why));
      self->submit(std::move(x), std::move(then));
    },
    q->then);
}

void node_api::plan_call(question& asked) {
  if (asked.params.contains("run"))
    return run_plan_call(asked);
  auto q = std::make_shared<question>(std::move(asked));
  with_source(
    *q, [self = shared_from_this(), q](core::parsed_workflow parsed, bool) {
      if (!parsed.value)
        return q->then(refuse(std::move(parsed.problems)));
      auto definition = parsed.value;
      if (q->params.contains("input"))
        if (auto input = input_for(*definition, q->params);
            !input.problems.empty())
          return q->then(refuse(std::move(input.problems)));
      if (parts_named(*definition).empty())
        return q->then(plan_answer(*definition));
      // What could not be submitted must not look as if it could.
      self->read(
        [q, definition,
         known = self->home_->workflows](core::store_reader& store) {
          std::vector<core::workflow_ptr> parts;
          auto why =
            collect_parts(store, *known, q->what.workspace, *definition, parts);
          q->then(why ? refuse(why) : plan_answer(*definition));
        },
        q->then);
    });
}

void node_api::register_call(question& asked) {
  auto q = std::make_shared<question>(std::move(asked));
  with_source(*q, [self = shared_from_this(), q](core::parsed_workflow parsed,
                                                 bool) {
    if (!parsed.value)
      return q->then(refuse(std::move(parsed.problems)));
    if (parsed.value->name == core::queue_run_name)
      return q->then(is_of_the_queue());
    auto definition = parsed.value;
    auto define = [self, q, definition](const std::set<std::string>& missing) {
      command x;
      x.what = verb::define;
      x.workspace = q->what.workspace;
      x.by = q->what.by;
      x.definition = definition;
      // All versions of a name meet at one shard.
      x.target = core::id::make(self->home_->now(),
                                core::slot_of(x.workspace, definition->name),
                                self->home_->unique());
      self->submit(std::move(x), [q, definition, missing](const answer& done) {
        q->then(done.error ? to_answer(done)
                           : registered(*definition, missing));
      });
    };
    if (parts_named(*definition).empty())
      return define({});
    self->read(
      [q, definition, define,
       known = self->home_->workflows](core::store_reader& store) {
        std::vector<core::workflow_ptr> parts;
        std::set<std::string> missing;
        auto why = collect_parts(store, *known, q->what.workspace, *definition,
                                 parts, &missing);
        if (why)
          return q->then(refuse(why));
        define(missing);
      },
      q->then);
  });
}

} // namespace troupe::runtime
