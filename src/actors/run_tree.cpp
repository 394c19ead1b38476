#include "actors/run_tree.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "core/explain.hpp"

namespace troupe {

namespace {

tree_node task_node(uint32_t number, const live_task& task,
                    const core::run& run) {
  tree_node node;
  node.name = run.name_of(*run.find(number));
  node.id = task.actor.id();
  node.kind = "task";
  node.state = child_state::running;
  node.generation = 1;
  return node;
}

} // namespace

tree_node describe(caf::actor_id id, const run_actor_state& st,
                   const tree_query& ask) {
  tree_node node;
  node.name = core::to_string(st.decide->key());
  node.id = id;
  node.kind = "run";
  node.state = child_state::running;
  node.generation = 1;
  node.children_total = st.tasks.size();
  std::vector<uint32_t> numbers;
  numbers.reserve(st.tasks.size());
  for (const auto& [number, task] : st.tasks)
    numbers.push_back(number);
  auto shown = std::min<size_t>(numbers.size(), ask.children_max);
  std::partial_sort(numbers.begin(),
                    numbers.begin() + static_cast<ptrdiff_t>(shown),
                    numbers.end());
  for (size_t i = 0; i < shown; ++i)
    node.children.push_back(
      task_node(numbers[i], st.tasks.at(numbers[i]), *st.decide));
  return node;
}

caf::result<tree_node> describe(shard_ptr self, const shard_actor_state& st,
                                const tree_query& ask) {
  auto node = std::make_shared<tree_node>();
  node->name = std::to_string(st.index);
  node->id = self->id();
  node->kind = "shard";
  node->state = st.before ? child_state::starting : child_state::running;
  node->children_total = st.runs.size();
  auto promise = self->make_response_promise<tree_node>();
  auto below = ask;
  below.deadline = ask.deadline * 4 / 5;
  auto open = std::make_shared<size_t>(
    std::min<size_t>(st.runs.size(), ask.children_max));
  if (*open == 0) {
    promise.deliver(*node);
    return promise;
  }
  auto heard = [promise, node, open](tree_node child) mutable {
    node->children.push_back(std::move(child));
    if (--*open > 0)
      return;
    std::sort(node->children.begin(), node->children.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    promise.deliver(std::move(*node));
  };
  auto left = *open;
  for (const auto& [key, run] : st.runs) {
    if (left-- == 0)
      break;
    tree_node silent;
    silent.name = core::to_string(key);
    silent.id = run.actor.id();
    silent.kind = "run";
    silent.state = child_state::running;
    silent.silent = true;
    self->request(run.actor, below.deadline, tree_atom_v, below)
      .then([heard](tree_node& child) mutable { heard(std::move(child)); },
            [heard, silent](caf::error&) mutable { heard(silent); });
  }
  return promise;
}

std::string explain(const core::run& run, uint32_t number) {
  return core::explain(run, number);
}

} // namespace troupe
