#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "core/plan.hpp"
#include "core/workflow_name.hpp"

// What a workflow says and nobody acts on: better known before a run than
// after one.

namespace troupe::core {

namespace {

/// Steps by the field they state.
using counts = std::map<std::string, size_t>;

void add_extras(const text& extras, size_t steps, counts& to) {
  auto fields = nlohmann::json::parse(extras.view(), nullptr, false);
  if (fields.is_object())
    for (const auto& [name, what] : fields.items())
      to[name] += steps;
}

std::string note(const std::string& field, const std::string& where) {
  return "`" + field + "` is kept with " + where
         + ", but this version does not act on it";
}

} // namespace

std::vector<std::string> plan_notes(const workflow& of) {
  std::vector<std::string> notes;
  counts by_field;
  add_extras(of.extras, 1, by_field);
  for (const auto& [field, count] : by_field)
    notes.push_back(note(field, "the workflow"));
  by_field.clear();
  // Most come from `defaults` and are equal: each text is read once.
  std::unordered_map<std::string_view, std::pair<const text*, size_t>> extras;
  size_t checkpoints = 0, labels = 0, stricts = 0;
  for (const auto& step : of.steps) {
    if (!step.extras.empty()) {
      auto& seen = extras[step.extras.view()];
      seen.first = &step.extras;
      ++seen.second;
    }
    checkpoints += step.checkpoint;
    labels += !step.labels.empty();
    stricts += std::any_of(step.depends_on.begin(), step.depends_on.end(),
                           [](const edge& x) { return x.strict; });
    if (step.kind == step_kind::workflow
        && split_workflow_name(step.workflow).version == 0)
      notes.push_back("step `" + step.name + "` names workflow `"
                      + step.workflow
                      + "` without a version, and no node takes it; write `"
                      + step.workflow + "@1`");
  }
  by_field["checkpoint"] = checkpoints;
  by_field["labels"] = labels;
  by_field["strict"] = stricts;
  for (const auto& [view, seen] : extras)
    add_extras(*seen.first, seen.second, by_field);
  for (const auto& [field, count] : by_field)
    if (count > 0)
      notes.push_back(note(
        field, count == 1 ? "one step" : std::to_string(count) + " steps"));
  return notes;
}

} // namespace troupe::core
