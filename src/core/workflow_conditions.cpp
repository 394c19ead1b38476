#include <algorithm>
#include <span>
#include <vector>

#include "core/workflow_reader.hpp"

// What a condition can see depends on where it stands. A misspelt name would
// be nil, and a comparison with it silently false.

namespace troupe::core::workflows {

namespace {

using names = std::vector<std::string_view>;

const names run_fields{"id", "input", "name"};
const names step_fields_seen{"output", "state"};
const names task_fields{"id", "name", "priority", "retries", "type"};

/// What `run::condition` puts into the context.
names roots_of(const step& of, std::string_view field) {
  names all{"run", "steps", "task"};
  if (field == "when")
    return all; // Asked once, before there are items, rounds or an output.
  all.push_back("output");
  if (!of.foreach.empty() || !of.repeat_until.empty())
    all.insert(all.end(), {"index", "iteration"});
  std::sort(all.begin(), all.end());
  return all;
}

std::string listed(std::span<const std::string_view> all) {
  std::string out = "there is ";
  for (auto x : all)
    out += (x == all.front() ? "`" : ", `") + std::string{x} + "`";
  return out;
}

std::string hint_for(std::string_view word, const names& known) {
  auto hint = did_you_mean(word, known);
  return hint.empty() ? listed(known) : hint;
}

std::string root_hint(const step& of, const std::string& root,
                      const names& known) {
  if (root == "item" && !of.foreach.empty())
    return "only templates know the item; leave out of the list what is not to "
           "be done";
  if (root == "output")
    return "`when` is asked before the step; write `steps.NAME.output`";
  if (root == "index" || root == "iteration")
    return "it exists in `expect` and `repeat_until` of steps with `foreach` "
           "or `repeat_until`";
  return hint_for(root, known);
}

void check_field(const value& at, const reference& name, size_t depth,
                 const names& known) {
  if (name.path.size() <= depth)
    return;
  const auto& field = name.path[depth];
  if (std::find(known.begin(), known.end(), field) != known.end())
    return;
  auto shown = name.root;
  for (size_t i = 0; i <= depth; ++i)
    shown += "." + name.path[i];
  at.fail("`" + shown + "` does not exist", hint_for(field, known));
}

} // namespace

void check_condition_name(const value& at, const step& of,
                          std::string_view field, const reference& name) {
  auto known = roots_of(of, field);
  if (std::find(known.begin(), known.end(), name.root) == known.end())
    at.fail("`" + name.root + "` is not known in `" + std::string{field} + "`",
            root_hint(of, name.root, known));
  else if (name.root == "steps" && name.path.empty())
    at.fail("`steps` without the name of a step",
            "write `steps.NAME.output`, or `steps[\"NAME\"].output`");
  else if (name.root == "steps")
    check_field(at, name, 1, step_fields_seen);
  else if (name.root == "run")
    check_field(at, name, 0, run_fields);
  else if (name.root == "task")
    check_field(at, name, 0, task_fields);
}

} // namespace troupe::core::workflows
