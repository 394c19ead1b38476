#include "actors/supervisor_actor.hpp"

namespace troupe {

namespace {

/// An answer that waits for the answers below.
struct gathering {
  tree_node node;
  size_t missing = 0;
  caf::typed_response_promise<tree_node> promise;

  void one_less() {
    if (--missing == 0)
      promise.deliver(std::move(node));
  }
};

/// What the parent knows better stays; what only the child knows comes in.
void merge(tree_node& known, tree_node& answer) {
  if (known.state == child_state::running)
    known.state = answer.state;
  known.children_total = answer.children_total;
  known.children = std::move(answer.children);
}

} // namespace

caf::result<tree_node> supervisor_actor::tree(const tree_query& query) {
  auto all = std::make_shared<gathering>();
  all->node = describe_self();
  std::vector<std::pair<size_t, caf::actor>> to_ask;
  for (auto& [key, c] : children_) {
    if (all->node.children.size() >= query.children_max)
      break;
    if (c.handle && (c.spec->answers_tree || c.spec->supervises))
      to_ask.emplace_back(all->node.children.size(), c.handle);
    all->node.children.push_back(describe(c));
  }
  if (to_ask.empty())
    return std::move(all->node);
  all->missing = to_ask.size();
  all->promise = make_response_promise<tree_node>();
  auto below = query;
  below.deadline = query.deadline * 4 / 5;
  for (auto& [index, handle] : to_ask)
    request(handle, below.deadline, tree_atom_v, below)
      .then(
        [all, i = index](tree_node& answer) {
          merge(all->node.children[i], answer);
          all->one_less();
        },
        [all, i = index](caf::error&) {
          all->node.children[i].silent = true;
          all->one_less();
        });
  return all->promise;
}

tree_node supervisor_actor::describe(const child& c) {
  tree_node node;
  node.name = c.id;
  node.id = c.handle ? c.handle.id() : 0;
  node.kind = c.spec->kind;
  node.state = c.orphans > 0 ? child_state::stopping : c.state;
  node.restarts = c.lives > 0 ? c.lives - 1 : 0;
  node.generation = c.generation;
  if (c.last_error)
    node.last_error = to_text(c.last_error);
  if (c.handle && c.up_since) {
    node.started_at = c.up_since_utc;
    node.uptime = now() - *c.up_since;
  }
  return node;
}

tree_node supervisor_actor::describe_self() {
  tree_node node;
  node.name = spec_.name;
  node.id = id();
  node.kind = "supervisor";
  node.generation = place_.generation;
  node.started_at = started_utc_;
  node.uptime = now() - started_;
  node.children_total = children_.size();
  if (phase_ != phase::working) {
    node.state = child_state::stopping;
    node.last_error = to_text(quit_reason_);
  } else {
    node.state =
      unsettled_.empty() ? child_state::running : child_state::starting;
  }
  return node;
}

} // namespace troupe
