#include "core/workflow.hpp"

#include <algorithm>
#include <cassert>

#include "core/graph.hpp"
#include "core/json_text.hpp"
#include "core/sha256.hpp"
#include "core/workflow_input.hpp"
#include "core/workflow_reader.hpp"

namespace troupe::core {

namespace {

using namespace workflows;

/// Gathers a workflow from its parts; problems go where `steps` say.
class builder {
public:
  builder(workflow& to, parsed_document& from)
    : to_(to), out_(from.problems), depth_(from.depth) {}

  void read_file(const value& root);
  void read_steps(const value& steps, bool make_names);
  void complete(const value& steps);

private:
  void read_header(object_reader& in);
  void read_defaults(object_reader& in);
  void read_names(const value& steps, bool make_names);
  void read_name(const value& item, bool make_names, size_t index);
  std::string free_name(size_t index) const;
  draft wait_defaults() const;
  void read_one(const value& item, uint32_t index);
  std::shared_ptr<const needs> shared(needs&& x);
  void report_cycle(const value& steps, const std::vector<uint32_t>& cycle);
  void check_size();

  workflow& to_;
  problems& out_;
  uint32_t depth_; // Of the file.
  draft defaults_;
  step_names names_;
  std::unordered_map<std::string, std::shared_ptr<const needs>> interned_;
};

void builder::read_header(object_reader& in) {
  in.require("workflow", "give it a name, e.g. `workflow: release`");
  read_word(in, "workflow", to_.name);
  in.read("version", to_.version,
          bounds<int64_t>{1, std::numeric_limits<uint32_t>::max()});
  in.read("description", to_.description, description_bytes_max);
  if (auto input = in.find("input"))
    read_input_fields(*input, to_.input);
  read_priority(in, to_.priority);
  in.read("max_parallel", to_.max_parallel, bounds<int64_t>{1, count_max});
  in.read("deadline", to_.deadline, any_duration);
  std::map<std::string, std::string> labels, extras;
  read_labels(in, labels);
  for (auto key : {"autonomy", "boundaries", "healing", "strategy"})
    read_extra(in, key, extras);
  to_.labels = to_object(labels, true);
  to_.extras = to_object(extras, false);
}

void builder::read_defaults(object_reader& in) {
  auto x = in.find("defaults");
  if (!x)
    return;
  object_reader inner{*x};
  if (x->kind() == node_kind::object)
    for (size_t i = 0; i < (*x)->items.size(); ++i)
      for (const auto& field : step_fields)
        if (field.name == (*x)->items[i].key && !field.inherits)
          x->item(i).fail_at_key("`" + std::string{field.name}
                                   + "` cannot have a default",
                                 "state it in each step");
  read_step(inner, defaults_, {}, std::nullopt);
}

void builder::read_file(const value& root) {
  object_reader in{root};
  if (root.kind() != node_kind::object)
    return;
  read_header(in);
  read_defaults(in);
  in.require("steps", "e.g. `steps: {build: {agent: {capabilities: "
                      "[build]}}}`");
  auto steps = in.find("steps");
  finish(in, workflow_fields);
  if (!steps)
    return;
  read_steps(*steps, false);
  complete(*steps);
}

std::string builder::free_name(size_t index) const {
  auto name = "task_" + std::to_string(index + 1);
  while (names_.index.count(name) > 0)
    name += '_';
  return name;
}

void builder::read_name(const value& item, bool make_names, size_t index) {
  auto& name = names_.all[index];
  auto* own = item.kind() == node_kind::object ? item->find("name") : nullptr;
  if (own != nullptr) {
    for (size_t i = 0; i < item->items.size(); ++i)
      if (&item->items[i] == own && item.item(i).read(name))
        check_name(item.item(i), name, false);
    if (name.empty())
      return;
  } else if (make_names) {
    return; // Once all given ones are known.
  } else if (item.kind() == node_kind::object) {
    item.fail("this step has no `name`", "add one; others refer to it");
    return;
  }
  if (!name.empty()
      && !names_.index.emplace(name, static_cast<uint32_t>(index)).second)
    item.fail("two steps are named `" + name + "`", "rename one of them");
}

void builder::read_names(const value& steps, bool make_names) {
  auto count = steps->items.size();
  names_.all.resize(count);
  names_.index.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    if (steps.kind() == node_kind::list) {
      read_name(steps.item(i), make_names, i);
      continue;
    }
    names_.all[i] = steps->items[i].key;
    check_name(steps.item(i), names_.all[i], false);
    names_.index.emplace(names_.all[i], static_cast<uint32_t>(i));
    if (auto* name = steps->items[i].find("name");
        name != nullptr && name->text != names_.all[i])
      steps.item(i).fail("a `name` beside the step's own name",
                         "remove it; the field's name is the step's");
  }
  for (size_t i = 0; make_names && i < count; ++i)
    if (names_.all[i].empty()) {
      names_.all[i] = free_name(i);
      names_.index.emplace(names_.all[i], static_cast<uint32_t>(i));
    }
}

void builder::read_steps(const value& steps, bool make_names) {
  if (steps.kind() != node_kind::object && steps.kind() != node_kind::list) {
    steps.fail_expected(make_names ? "a list of tasks" : "an object of steps",
                        make_names ? "e.g. `[{\"type\": \"build\"}]`"
                                   : "e.g. `{build: {}, test: {}}`");
    return;
  }
  auto count = steps->items.size();
  if (count == 0)
    steps.fail(make_names ? "there is no task" : "there is no step",
               "write at least one");
  if (count > steps_max) {
    steps.fail("there are " + std::to_string(count) + " steps, "
                 + std::to_string(steps_max) + " are allowed (steps_max)",
               "use `foreach`, or split it into sub-workflows");
    return;
  }
  read_names(steps, make_names);
  to_.steps.resize(count);
  for (uint32_t i = 0; i < count; ++i)
    read_one(steps.item(i), i);
}

std::shared_ptr<const needs> builder::shared(needs&& x) {
  std::string key;
  append_needs(key, x);
  auto& slot = interned_[key];
  if (!slot)
    slot = std::make_shared<const needs>(std::move(x));
  return slot;
}

/// An agent's timeout, tries and questions are not those of a wait.
draft builder::wait_defaults() const {
  draft out;
  out.labels = defaults_.labels;
  out.extras = defaults_.extras;
  out.step.priority = defaults_.step.priority;
  out.step.deadline = defaults_.step.deadline;
  return out;
}

void builder::read_one(const value& item, uint32_t index) {
  auto kind = kind_of(item);
  auto made = kind == step_kind::work ? defaults_ : wait_defaults();
  made.step.name = names_.all[index];
  made.step.kind = kind;
  if (kind != step_kind::work)
    made.step.retries = retries_unless_stated(kind);
  check_kind(item, kind);
  object_reader in{item};
  if (item.kind() == node_kind::object)
    read_step(in, made, names_, index);
  made.step.labels = to_object(made.labels, true);
  made.step.extras = to_object(made.extras, false);
  if (made.step.fallback && made.step.fallback->output.empty())
    made.step.fallback->need = shared(fallback_needs(made));
  made.step.need = shared(std::move(made.need));
  to_.steps[index] = std::move(made.step);
}

void builder::report_cycle(const value& steps,
                           const std::vector<uint32_t>& cycle) {
  constexpr size_t shown_max = 20;
  std::string path;
  for (size_t i = 0; i < std::min(cycle.size(), shown_max); ++i)
    path += to_.steps[cycle[i]].name + " -> ";
  if (cycle.size() > shown_max)
    path += "... -> ";
  path += to_.steps[cycle[0]].name;
  auto item = steps.item(cycle[0]);
  object_reader in{item};
  auto where = in.find("depends_on");
  (where ? *where : item)
    .fail_at_key("these steps wait for each other: " + path,
                 "remove one of these dependencies");
}

void builder::complete(const value& steps) {
  auto& all = to_.steps;
  adjacency predecessors(all.size());
  for (uint32_t i = 0; i < all.size(); ++i)
    for (const auto& x : all[i].depends_on) {
      predecessors[i].push_back(x.step);
      all[x.step].dependents.push_back({i, x.on, x.strict});
    }
  auto sorted = sort_graph(predecessors);
  to_.order = std::move(sorted.order);
  for (const auto& cycle : sorted.cycles)
    report_cycle(steps, cycle);
  // In a cycle every step is before every other; paths then say nothing.
  if (sorted.cycles.empty())
    check_references(steps, to_, names_, predecessors);
  if (!out_.empty())
    return;
  to_.source = text{canonical(to_)};
  check_size();
  to_.hash = sha256_hex(to_.source.view());
}

/// What was accepted must be readable again, and `defaults` multiply.
void builder::check_size() {
  // `defaults` move a level down, a schema into `expect`: far from the limit
  // there is nothing to measure.
  constexpr uint32_t deeper_at_most = 4;
  const document_limits limits;
  auto size = to_.source.size();
  auto json = to_.source.view();
  auto nodes = size < limits.nodes_max
                 ? 0
                 : std::count(json.begin(), json.end(), ',')
                     + std::count(json.begin(), json.end(), '[')
                     + std::count(json.begin(), json.end(), '{');
  if (size > limits.source_bytes_max)
    out_.push_back({"", 0, 0,
                    "with its defaults filled in it has " + std::to_string(size)
                      + " bytes, " + std::to_string(limits.source_bytes_max)
                      + " are allowed (source_bytes_max)",
                    "split it into sub-workflows"});
  else if (nodes >= limits.nodes_max)
    out_.push_back({"", 0, 0,
                    "with its defaults filled in it has more than "
                      + std::to_string(limits.nodes_max)
                      + " values (nodes_max)",
                    "split it into sub-workflows"});
  else if (depth_ + deeper_at_most > limits.depth_max
           && json_depth(json) > limits.depth_max)
    out_.push_back({"", 0, 0,
                    "with its defaults filled in it nests deeper than "
                      + std::to_string(limits.depth_max)
                      + " levels (depth_max)",
                    "make it flatter"});
}

/// A step without fields, `build:`, reads as one.
void fill_empty_steps(node& root) {
  if (root.kind != node_kind::object)
    return;
  for (auto& x : root.items)
    if (x.key == "steps" && x.kind == node_kind::object)
      for (auto& step : x.items)
        if (step.kind == node_kind::null)
          step.kind = node_kind::object;
}

parsed_workflow finished(std::shared_ptr<workflow> made, problems&& out) {
  // By place, as one reads a file; what has none comes last.
  std::stable_sort(
    out.begin(), out.end(), [](const problem& a, const problem& b) {
      return std::pair{a.line - 1, a.column} < std::pair{b.line - 1, b.column};
    });
  parsed_workflow result;
  if (out.empty())
    result.value = std::move(made);
  result.problems = std::move(out);
  return result;
}

} // namespace

parsed_workflow parse_workflow(std::string_view source) {
  auto document = read_document(source);
  auto made = std::make_shared<workflow>();
  if (document.problems.empty() || document.root.kind != node_kind::null) {
    fill_empty_steps(document.root);
    builder{*made, document}.read_file(value{document.root, document.problems});
  }
  return finished(std::move(made), std::move(document.problems));
}

parsed_workflow parse_task_list(std::string_view json) {
  auto document = read_json(json);
  auto made = std::make_shared<workflow>();
  made->name = "tasks";
  if (document.problems.empty() || document.root.kind != node_kind::null) {
    value root{document.root, document.problems};
    builder build{*made, document};
    if (root.kind() == node_kind::list) {
      build.read_steps(root, true);
      build.complete(root);
    } else {
      root.fail_expected("a list of tasks", "e.g. `[{\"type\": \"build\"}]`");
    }
  }
  return finished(std::move(made), std::move(document.problems));
}

} // namespace troupe::core
