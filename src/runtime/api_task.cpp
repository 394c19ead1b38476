#include "core/step_shown.hpp"
#include "runtime/api_question.hpp"

// A task in full: its row, its attempts, and what its definition says of it.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Where the step of a task stands: the definition's text, and the task of its
/// first step. Tasks that an agent added lie together, and the first of them
/// has their list.
core::result<json> step_of(core::store_reader& store, core::task_row row) {
  for (;;) {
    if (row.parent == 0) {
      auto run = store.find_run(row.key.run());
      if (!run || !*run)
        return json{};
      auto body = store.find_definition(row.workspace, (*run)->definition);
      if (!body)
        return body.error();
      return *body ? core::step_shown((*body)->body.view(), row.step,
                                      row.key.with(1))
                   : json{};
    }
    auto first = row;
    if (row.step > 0 && row.step < row.key.number()) {
      auto found = store.find_task(row.key.with(row.key.number() - row.step));
      if (!found)
        return found.error();
      if (*found)
        first = std::move(**found);
    }
    if (!first.spec.empty() && first.parent == row.parent)
      return core::step_shown(first.spec.view(), row.step, first.key);
    // An item or a round: it has the step of what made it.
    auto made_by = store.find_task(row.key.with(row.parent));
    if (!made_by)
      return made_by.error();
    if (!*made_by)
      return json{};
    row = std::move(**made_by);
  }
}

core::api_answer in_full(core::store_reader& store, const core::task_row& row) {
  auto body = to_json(row);
  auto failed = store.attempts(row.key);
  if (!failed)
    return refuse(failed.error());
  auto& attempts = body["attempts"] = json::array();
  for (const auto& x : core::all_attempts(row, std::move(*failed)))
    attempts.push_back(to_json(x));
  auto step = step_of(store, row);
  if (!step)
    return refuse(step.error());
  if (step->is_object())
    body.update(*step);
  return answer_with(body);
}

} // namespace

void node_api::task_call(question& q) {
  auto id = q.id("task");
  if (!id)
    return;
  read(
    [id = *id, workspace = q.what.workspace,
     then = q.then](core::store_reader& store) {
      auto row = store.find_task(id);
      if (!row)
        return then(refuse(row.error()));
      if (!*row || (*row)->workspace != workspace)
        return then(refuse_not_found("task", id));
      then(in_full(store, **row));
    },
    q.then);
}

} // namespace troupe::runtime
